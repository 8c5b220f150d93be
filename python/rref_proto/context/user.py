"""What a user keeps: its forks of RRefs that other workers own, and their children."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .._identifier_set import IdentifierSet
from ..errors import LocalProtocolError, RemoteProtocolError
from ..ids import ForkId, RRefId
from ..ivalue import RRefForkData
from ..rref import RRefChildAccept, RRefForkRequest, RRefUserDelete
from .effects import Confirmed, Effect
from .references import UserRRef
from .requests import Requests
from .rules import FORK_RULES, Action, ForkEvent, ForkState


@dataclass(slots=True)
class _Fork:
    """One row of the table of forks. `parent` made the ForkId: for a remote call, the creator."""

    rref: UserRRef
    parent: int
    state: ForkState | None = None
    references: int = 0  # how often the program has to drop it
    children: int = 0
    fetches: int = 0

    @property
    def is_needed(self) -> bool:
        return bool(self.references or self.children or self.fetches)


class _Child(NamedTuple):
    """One row of the table of children: the fork it was made of, and who is to accept it."""

    of: ForkId
    receiver: int


class UserForks:
    """The table of forks and that of children."""

    def __init__(self, requests: Requests, effects: list[Effect]) -> None:
        self._requests = requests
        self._effects = effects
        self._forks: dict[ForkId, _Fork] = {}
        self._children: dict[ForkId, _Child] = {}
        self._ended = IdentifierSet()

    def __iter__(self) -> Iterator[UserRRef]:
        """Yield the forks that the worker holds."""
        return (fork.rref for fork in self._forks.values())

    def __len__(self) -> int:
        """Return how many rows both tables have."""
        return len(self._forks) + len(self._children)

    @property
    def children(self) -> int:
        """How many children are not accepted."""
        return len(self._children)

    def count(self, *states: ForkState) -> int:
        """Return how many forks are in one of the states."""
        return sum(fork.state in states for fork in self._forks.values())

    def create(self, rref: UserRRef) -> None:
        """Make a fork for a remote call."""
        fork = self._forks[rref.fork_id] = _Fork(rref, rref.fork_id.created_on, references=1)
        self._happen(fork, ForkEvent.CREATE)

    def call(self, to_worker: int, rref_id: RRefId, fork_id: ForkId) -> None:
        """Note that a remote call is sent. Raises LocalProtocolError for other identifiers."""
        fork = self._forks.get(fork_id)
        if fork is None or (fork.rref.owner_id, fork.rref.rref_id) != (to_worker, rref_id):
            raise LocalProtocolError(
                f"expected the identifiers of createUserRRef({to_worker}), "
                f"got {rref_id} and {fork_id}"
            )
        self._do(fork, ForkEvent.CALL)

    def happen(self, fork_id: ForkId, event: ForkEvent) -> None:
        """Let the answer to a remote call or to an RRefForkRequest happen to its fork."""
        fork = self._forks[fork_id]
        self._happen(fork, event)
        self._let_go(fork)

    def check_come(self, data: RRefForkData, event: ForkEvent) -> None:
        """Raise RemoteProtocolError for a fork that cannot begin, and that is not there already."""
        fork = self._forks.get(data.fork_id)
        if fork is None:
            is_valid = not self._ended.has(data.fork_id)
        else:
            is_same = (fork.rref.owner_id, fork.rref.rref_id) == (data.owner_id, data.rref_id)
            is_valid = is_same and (fork.state, event) in FORK_RULES
        if not is_valid:
            raise RemoteProtocolError(f"expected a new fork, got {data.fork_id}")

    def come(self, data: RRefForkData, event: ForkEvent) -> UserRRef:
        """Hold a fork that a value has brought, and let the program refer to it once more."""
        fork = self._forks.get(data.fork_id)
        if fork is None:
            rref = UserRRef(data.owner_id, data.rref_id, data.fork_id, data.type_str)
            fork = self._forks[data.fork_id] = _Fork(rref, data.parent)
        fork.references += 1
        self._happen(fork, event)
        return fork.rref

    def pass_on(self, rref: UserRRef, child: ForkId, receiver: int) -> None:
        """Add a child. Raises LocalProtocolError where the program does not hold the fork."""
        fork = self._referred(rref)
        self._do(fork, ForkEvent.FORK)
        fork.children += 1
        self._children[child] = _Child(rref.fork_id, receiver)

    def check_accept(self, from_worker: int, fork_id: ForkId) -> None:
        """Raise RemoteProtocolError where a worker accepts a child that it was not sent."""
        child = self._children.get(fork_id)
        if child is not None and child.receiver != from_worker:
            raise RemoteProtocolError(
                f"expected {fork_id} to be accepted by worker {child.receiver}, "
                f"got RRefChildAccept from worker {from_worker}"
            )

    def remove_child(self, fork_id: ForkId) -> None:
        """Remove a child that is accepted, or that was not sent; nothing where it is gone."""
        child = self._children.pop(fork_id, None)
        if child is not None:
            fork = self._forks[child.of]
            fork.children -= 1
            self._let_go(fork)

    def fetch(self, rref: UserRRef) -> None:
        """Begin a fetch. Raises LocalProtocolError where the program does not hold the fork."""
        fork = self._referred(rref)
        self._do(fork, ForkEvent.FETCH)
        fork.fetches += 1

    def end_fetch(self, fork_id: ForkId) -> None:
        """Note that a fetch does not await its answer any more."""
        fork = self._forks[fork_id]
        fork.fetches -= 1
        self._let_go(fork)

    def drop(self, rref: UserRRef) -> None:
        """Let the program refer to the fork once less. Raises LocalProtocolError if it does not."""
        fork = self._referred(rref)
        fork.references -= 1
        self._let_go(fork)

    def drop_all(self) -> None:
        """Let the program refer to no fork any more."""
        for fork in list(self._forks.values()):
            fork.references = 0
            self._let_go(fork)

    def _referred(self, rref: UserRRef) -> _Fork:
        fork = self._forks.get(rref.fork_id)
        if fork is None or fork.rref != rref or not fork.references:
            raise LocalProtocolError(f"expected an RRef that the program holds, got {rref}")
        return fork

    def _do(self, fork: _Fork, event: ForkEvent) -> None:
        """Let the program do something. Raises LocalProtocolError where the table has no rule."""
        if (fork.state, event) not in FORK_RULES:
            raise LocalProtocolError(f"not allowed for a fork that is {fork.state}: {event}")
        self._happen(fork, event)

    def _let_go(self, fork: _Fork) -> None:
        if not fork.is_needed and (fork.state, ForkEvent.LET_GO) in FORK_RULES:
            self._happen(fork, ForkEvent.LET_GO)

    def _happen(self, fork: _Fork, event: ForkEvent) -> None:
        rule = FORK_RULES[fork.state, event]
        fork.state = rule.state
        if rule.state is None:
            del self._forks[fork.rref.fork_id]
            self._ended.add(fork.rref.fork_id)
        for action in rule.actions:
            self._act(fork, action)

    def _act(self, fork: _Fork, action: Action) -> None:
        rref = fork.rref
        match action:
            case Action.ASK_OWNER:
                self._requests.send(rref.owner_id, RRefForkRequest(rref.rref_id, rref.fork_id))
            case Action.ACCEPT_CHILD:
                self._requests.send(fork.parent, RRefChildAccept(rref.fork_id))
            case Action.DELETE:
                self._requests.send(rref.owner_id, RRefUserDelete(rref.rref_id, rref.fork_id))
            case Action.TELL_CONFIRMED:
                self._effects.append(Confirmed(rref))
