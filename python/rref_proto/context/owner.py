"""What an owner keeps: its RRefs, the forks that it counts, and the fetches that wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .._identifier_set import IdentifierSet
from ..call import RemoteException
from ..errors import LocalProtocolError, RemoteProtocolError
from ..ids import ForkId, RRefId
from ..rpc_command import RpcCommandBase
from ..rref import RemoteRet
from .effects import Effect, Ended, Send, ValueWanted
from .references import OwnerRRef
from .requests import Fetch, Questions
from .rules import RREF_RULES, Action, RRefEvent, RRefState


@dataclass(slots=True)
class _Row:
    """One row of the table of RRefs."""

    rref_id: RRefId
    state: RRefState | None = None
    forks: set[ForkId] = field(default_factory=set)
    references: int = 0  # how often the program has to drop it
    creators_fork: ForkId | None = None
    error: RemoteException = field(init=False)  # where it failed
    # The answers to the remote call and to its copies, which are sent when it has ended.
    returns: list[Send] = field(default_factory=list)
    waiting: dict[Fetch, None] = field(default_factory=dict)
    wanted: int = 0  # fetches that the program has not answered

    @property
    def is_needed(self) -> bool:
        return bool(self.forks or self.references or self.waiting or self.wanted)


class OwnerRRefs:
    """The table of RRefs, and that of forks that have ended."""

    def __init__(self, worker_id: int, questions: Questions, effects: list[Effect]) -> None:
        self._worker_id = worker_id
        self._questions = questions
        self._effects = effects
        self._rows: dict[RRefId, _Row] = {}
        self._ended_rrefs = IdentifierSet()
        self._ended_forks = IdentifierSet()

    def forks(self) -> Iterator[tuple[RRefId, set[ForkId]]]:
        """Yield each RRef and the forks of it that are counted."""
        return ((row.rref_id, row.forks) for row in self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def has_ended(self, rref_id: RRefId) -> bool:
        """Whether the RRef is gone for good: it had a value, or this worker made the identifier."""
        if rref_id in self._rows:
            return False
        return rref_id.created_on == self._worker_id or self._ended_rrefs.has(rref_id)

    def counts(self, rref_id: RRefId, fork_id: ForkId) -> bool:
        """Whether a fork is counted."""
        return rref_id in self._rows and fork_id in self._rows[rref_id].forks

    # What the program does.

    def create(self, rref_id: RRefId) -> None:
        """Make an RRef, to which the program refers."""
        row = self._rows[rref_id] = _Row(rref_id, references=1)
        self._happen(row, RRefEvent.CREATE)

    def call(self, rref_id: RRefId, fork_id: ForkId) -> None:
        """Count the fork of a remote call to oneself. Raises LocalProtocolError for other ids."""
        row = self._rows.get(rref_id)
        if row is None or rref_id != fork_id:
            raise LocalProtocolError(
                f"expected the RRefId of createOwnerRRef() twice, got {rref_id} and {fork_id}"
            )
        self._do(row, RRefEvent.CALL)
        row.forks.add(fork_id)

    def call_unsent(self, rref_id: RRefId, fork_id: ForkId) -> None:
        """Do not count the fork of a remote call to oneself that failed or was not sent."""
        row = self._rows[rref_id]
        row.forks.discard(fork_id)
        if (row.state, RRefEvent.CALL_UNSENT) in RREF_RULES:
            self._happen(row, RRefEvent.CALL_UNSENT)
        self._let_go(row)

    def pass_on(self, rref: OwnerRRef, fork_id: ForkId) -> None:
        """Count a fork that is made. Raises LocalProtocolError if the program has no reference."""
        self._referred(rref).forks.add(fork_id)

    def set_value(self, rref_id: RRefId) -> None:
        """Note that an RRef has its value. Raises LocalProtocolError where it awaits none."""
        row = self._existing(rref_id)
        self._do(row, RRefEvent.SET_VALUE)
        self._answer_waiting(row)

    def set_error(self, rref_id: RRefId, error: RemoteException) -> None:
        """Note that an RRef has an error instead. Raises LocalProtocolError as set_value does."""
        row = self._existing(rref_id)
        self._do(row, RRefEvent.SET_ERROR)
        row.error = error
        self._answer_waiting(row)

    def check_answer(self, fetch: Fetch, answer: RpcCommandBase) -> None:
        """Raise LocalProtocolError where a fetch is answered with a value that is not set."""
        is_waiting = fetch in self._rows[fetch.command.rref_id].waiting
        if is_waiting and not isinstance(answer, RemoteException):
            raise LocalProtocolError("expected setValue before the answer to the fetch")

    def answered(self, fetch: Fetch) -> None:
        """Note that the program has answered a fetch."""
        row = self._rows[fetch.command.rref_id]
        if fetch in row.waiting:
            del row.waiting[fetch]
        else:
            row.wanted -= 1
        self._let_go(row)

    def drop(self, rref: OwnerRRef) -> None:
        """Let the program refer to the RRef once less. Raises LocalProtocolError if it does not."""
        row = self._referred(rref)
        row.references -= 1
        self._let_go(row)

    def drop_all(self) -> None:
        """Let the program refer to no RRef any more."""
        for row in list(self._rows.values()):
            row.references = 0
            self._let_go(row)

    # What messages do.

    def come_home(self, rref_id: RRefId) -> None:
        """Let the program refer once more to an RRef that a value has brought."""
        self._named(rref_id).references += 1

    def fork_requested(self, rref_id: RRefId, fork_id: ForkId) -> None:
        """Count a user's fork, unless it has ended."""
        if not self._ended_forks.has(fork_id) and not self.has_ended(rref_id):
            self._named(rref_id).forks.add(fork_id)

    def stop_counting(self, rref_id: RRefId, fork_id: ForkId) -> None:
        """Note that a fork has ended, counted or not."""
        self._ended_forks.add(fork_id)
        if (row := self._rows.get(rref_id)) is not None:
            row.forks.discard(fork_id)
            self._let_go(row)

    def knows_call(self, rref_id: RRefId, fork_id: ForkId) -> bool:
        """Whether a remote call is a copy of one that has come.

        Raises RemoteProtocolError where another call has made the RRef.
        """
        row = self._rows.get(rref_id)
        if self._ended_forks.has(fork_id) or (row is not None and row.creators_fork == fork_id):
            return True
        if row is None:
            is_new = not self.has_ended(rref_id)
        else:
            is_new = (row.state, RRefEvent.CALL_CAME) in RREF_RULES
        if not is_new:
            raise RemoteProtocolError(f"expected a call that creates a new RRef, got {rref_id}")
        return False

    def call_came(self, worker: int, message_id: int, rref_id: RRefId, fork_id: ForkId) -> None:
        """Count the creator's fork of a remote call."""
        row = self._named(rref_id)
        row.creators_fork = fork_id
        row.forks.add(fork_id)
        row.returns.append(Send(worker, message_id, RemoteRet(rref_id, fork_id)))
        self._happen(row, RRefEvent.CALL_CAME)

    def call_came_again(
        self, worker: int, message_id: int, rref_id: RRefId, fork_id: ForkId
    ) -> None:
        """Answer a copy of a remote call when the call has ended."""
        answer = Send(worker, message_id, RemoteRet(rref_id, fork_id))
        row = self._rows.get(rref_id)
        if row is None or row.creators_fork != fork_id:
            self._effects.append(answer)
        else:
            row.returns.append(answer)
            self._happen(row, RRefEvent.CALL_CAME_AGAIN)

    def fetch_came(self, fetch: Fetch) -> None:
        """Let a fetch wait for the value, or have it answered."""
        row = self._named(fetch.command.rref_id)
        self._happen(row, RRefEvent.FETCH_CAME, fetch)

    def _named(self, rref_id: RRefId) -> _Row:
        row = self._rows.get(rref_id)
        if row is None:
            row = self._rows[rref_id] = _Row(rref_id)
            self._happen(row, RRefEvent.NAME)
        return row

    def _existing(self, rref_id: RRefId) -> _Row:
        row = self._rows.get(rref_id)
        if row is None:
            raise LocalProtocolError(f"expected an RRef that awaits its value, got {rref_id}")
        return row

    def _referred(self, rref: OwnerRRef) -> _Row:
        row = self._rows.get(rref.rref_id)
        if row is None or rref.owner_id != self._worker_id or not row.references:
            raise LocalProtocolError(f"expected an RRef that the program holds, got {rref}")
        return row

    def _answer_waiting(self, row: _Row) -> None:
        waiting, row.waiting = row.waiting, {}
        for fetch in waiting:
            self._happen(row, RRefEvent.FETCH_CAME, fetch)
        self._let_go(row)

    def _do(self, row: _Row, event: RRefEvent) -> None:
        """Let the program do something. Raises LocalProtocolError where the table has no rule."""
        if (row.state, event) not in RREF_RULES:
            raise LocalProtocolError(f"not allowed for an RRef that is {row.state}: {event}")
        self._happen(row, event)

    def _let_go(self, row: _Row) -> None:
        if not row.is_needed and (row.state, RRefEvent.LET_GO) in RREF_RULES:
            self._happen(row, RRefEvent.LET_GO)

    def _happen(self, row: _Row, event: RRefEvent, fetch: Fetch | None = None) -> None:
        rule = RREF_RULES[row.state, event]
        row.state = rule.state
        if rule.state is None:
            del self._rows[row.rref_id]
        for action in rule.actions:
            self._act(row, action, fetch)

    def _act(self, row: _Row, action: Action, fetch: Fetch | None) -> None:
        match action, fetch:
            case Action.RETURN, _:
                self._effects += row.returns
                row.returns.clear()
            case Action.WAIT, Fetch():
                row.waiting[fetch] = None
            case Action.WANT_VALUE, Fetch(worker, message_id, command):
                row.wanted += 1
                self._effects.append(ValueWanted(worker, message_id, command))
            case Action.ANSWER_WITH_ERROR, Fetch(worker, message_id, _):
                self._questions.end(fetch)
                self._effects.append(Send(worker, message_id, row.error))
            case Action.TELL_ENDED, _:
                self._ended_rrefs.add(row.rref_id)
                self._effects.append(Ended(row.rref_id))
