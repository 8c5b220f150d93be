"""The RRefs in values: forks that are made and sent, and forks that come and are accepted."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import LocalProtocolError, RemoteProtocolError
from ..ids import ForkId
from ..ivalue import RRefForkData
from ..passing import CARRIERS, RRefs
from ..rpc_command import RpcCommandBase
from ..rref import RRefChildAccept
from .owner import OwnerRRefs
from .references import OwnerRRef, RRef
from .requests import Requests
from .rules import ACCEPTING, Action, ForkEvent, Way
from .user import UserForks


class _Prepared(NamedTuple):
    """A fork that is made and not sent, and for whom."""

    to_worker: int
    fork: RRefForkData


class PassedRRefs:
    """The RRefs that a worker passes on and that are passed on to it, in values of messages."""

    def __init__(
        self, worker_id: int, user: UserForks, owner: OwnerRRefs, requests: Requests
    ) -> None:
        self._worker_id = worker_id
        self._user = user
        self._owner = owner
        self._requests = requests
        self._prepared: dict[ForkId, _Prepared] = {}

    def __len__(self) -> int:
        """Return how many forks are made and not sent."""
        return len(self._prepared)

    # Out.

    def prepare(self, rref: RRef, fork_id: ForkId, to_worker: int) -> RRefForkData:
        """Make a fork. Raises LocalProtocolError where the program does not hold the RRef."""
        fork = RRefForkData(rref.owner_id, rref.rref_id, fork_id, self._worker_id, rref.type_str)
        if isinstance(rref, OwnerRRef):
            self._owner.pass_on(rref, fork_id)
        else:
            self._user.pass_on(rref, fork_id, to_worker)
        self._prepared[fork_id] = _Prepared(to_worker, fork)
        return fork

    def cancel(self, fork: RRefForkData) -> None:
        """Take back a fork that was made. Raises LocalProtocolError where it is sent."""
        prepared = self._prepared.get(fork.fork_id)
        if prepared is None or prepared.fork != fork:
            raise LocalProtocolError(f"expected a fork that is not sent, got {fork.fork_id}")
        del self._prepared[fork.fork_id]
        self._take_back(fork)

    def prepared_for(self, to_worker: int, command: RpcCommandBase) -> RRefs:
        """Return the forks in a message. Raises LocalProtocolError unless they were made for it."""
        forks = _rrefs_in(command)
        if forks is None:
            raise LocalProtocolError("expected a pickle that can be read, to find its RRefs")
        for fork in forks:
            if self._prepared.get(fork.fork_id) != (to_worker, fork):
                raise LocalProtocolError(
                    f"expected a fork that was prepared for worker {to_worker} and is not sent, "
                    f"got {fork.fork_id}"
                )
        return forks

    def sent(self, forks: RRefs) -> None:
        """Note that a message has taken the forks along."""
        for fork in forks:
            del self._prepared[fork.fork_id]

    def take_back_all(self, command: RpcCommandBase) -> None:
        """Take back the forks in a message that was not sent."""
        for fork in _rrefs_in(command) or ():
            self._take_back(fork)

    def _take_back(self, fork: RRefForkData) -> None:
        if fork.owner_id == self._worker_id:
            self._owner.stop_counting(fork.rref_id, fork.fork_id)
        else:
            self._user.remove_child(fork.fork_id)

    # In.

    def acceptable(self, worker: int, command: RpcCommandBase) -> RRefs:
        """Return the RRefs in a message. Raises RemoteProtocolError where one is not valid."""
        rrefs = _rrefs_in(command)
        if rrefs is None:
            raise RemoteProtocolError("expected a pickle that can be read, to accept its RRefs")
        by_fork: dict[ForkId, RRefForkData] = {}
        for rref in rrefs:
            if by_fork.setdefault(rref.fork_id, rref) != rref:
                raise RemoteProtocolError(f"expected one RRef with the fork {rref.fork_id}")
            self._check_acceptable(worker, rref)
        return rrefs

    def accept(self, rrefs: RRefs) -> dict[ForkId, RRef]:
        """Accept the forks, and let the program refer to each RRef once more."""
        return {rref.fork_id: self._accept(rref) for rref in rrefs}

    def accept_and_drop(self, worker: int, command: RpcCommandBase) -> None:
        """Accept what is valid in a message that the program does not get, and drop it."""
        for rref in _rrefs_in(command) or ():
            try:
                self._check_acceptable(worker, rref)
            except RemoteProtocolError:
                continue
            accepted = self._accept(rref)
            if isinstance(accepted, OwnerRRef):
                self._owner.drop(accepted)
            else:
                self._user.drop(accepted)

    def _check_acceptable(self, worker: int, rref: RRefForkData) -> None:
        if not rref.fork_id.created_on == rref.parent == worker:
            raise RemoteProtocolError(
                f"expected a fork that worker {worker} has made, "
                f"got {rref.fork_id} with the parent {rref.parent}"
            )
        accepting = self._accepting(rref)
        if isinstance(accepting, ForkEvent):
            self._user.check_come(rref, accepting)
            return
        is_counted = self._owner.counts(rref.rref_id, rref.fork_id)
        has_ended = self._owner.has_ended(rref.rref_id)
        if has_ended or (accepting is Action.STOP_COUNTING and not is_counted):
            raise RemoteProtocolError(f"expected an RRef that has not ended, got {rref.rref_id}")

    def _accept(self, rref: RRefForkData) -> RRef:
        accepting = self._accepting(rref)
        if isinstance(accepting, ForkEvent):
            return self._user.come(rref, accepting)
        self._owner.come_home(rref.rref_id)
        if accepting is Action.STOP_COUNTING:
            self._owner.stop_counting(rref.rref_id, rref.fork_id)
        else:
            self._requests.send(rref.parent, RRefChildAccept(rref.fork_id))
        return OwnerRRef(rref.owner_id, rref.rref_id, rref.type_str)

    def _accepting(self, rref: RRefForkData) -> Action | ForkEvent:
        return ACCEPTING[Way(rref.parent == rref.owner_id, self._worker_id == rref.owner_id)]


def _rrefs_in(command: RpcCommandBase) -> RRefs | None:
    """Return the RRefs in a message; None where they are in a pickle that cannot be read."""
    carrier = CARRIERS.get(command.message_type)
    return carrier.rrefs(command) if carrier else ()
