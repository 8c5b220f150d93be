"""Recorded conversations, in which RRefContexts take the parts of libtorch's workers.

Each context is given what its worker received and what its program did, as far as the messages tell:
the calls, the fetches and the answers of its program, and the makings that these need. A drop is
told by the delete that it caused. All else the context has to send by itself, and by then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rref_proto import (
    ForkId,
    PythonCall,
    PythonRemoteCall,
    PythonRRefFetchCall,
    RecordedMessage,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefContext,
    RRefForkData,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptRRefFetchCall,
    fromMessage,
)
from rref_proto.context import Answered, Called, Effect, RRef, Send, UserRRef, ValueWanted
from rref_proto.passing import created_by, rrefs_passed_by

NEVER = 10**9
RemoteCall = (ScriptRemoteCall, PythonRemoteCall)
Fetch = (ScriptRRefFetchCall, PythonRRefFetchCall)


class Line(NamedTuple):
    """One message of the conversation. `number` is the id of the request, also in its response."""

    sender: int
    receiver: int
    number: int
    command: RpcCommandBase
    passed: tuple[RRefForkData, ...]


def numbered(records: Iterable[RecordedMessage]) -> list[Line]:
    """Return the messages, and give ids to those that have none.

    A worker's requests have the ids 0, 1 and so on. A response without an id is an exception, and
    answers the oldest request that has no other answer.
    """
    sent: Counter[int] = Counter()
    answered = {(r.to_worker_id, r.message.id) for r in records if not r.is_request}
    unanswered: dict[int, list[int]] = defaultdict(list)
    lines = []
    for record in records:
        sender, receiver, number = record.from_worker_id, record.to_worker_id, record.message.id
        if record.is_request:
            number = sent[sender] if number is None else number
            sent[sender] += 1
            if (sender, number) not in answered:
                unanswered[sender].append(number)
        elif number is None:
            number = unanswered[receiver].pop(0)
        assert number is not None
        passed = rrefs_passed_by(record.message)
        assert passed is not None
        lines.append(Line(sender, receiver, number, fromMessage(record.message), passed))
    return lines


class Replay:
    """The contexts of a conversation. `unexpected` is what they sent, and libtorch did not."""

    def __init__(self, lines: list[Line]) -> None:
        workers = {worker for line in lines for worker in (line.sender, line.receiver)}
        self.contexts = {worker: RRefContext(worker) for worker in sorted(workers)}
        self.unexpected: dict[int, list[Send]] = {worker: [] for worker in workers}
        self.sent_by_rule: Counter[str] = Counter()
        self._lines = lines
        self._rrefs: dict[int, dict[RRefId, list[RRef]]] = {w: defaultdict(list) for w in workers}
        self._ids: dict[tuple[int, int], int] = {}
        self._requests: dict[tuple[int, int], RpcCommandBase] = {}
        self._has_value: set[RRefId] = set()
        self._deleted = {
            line.command.fork_id: index
            for index, line in enumerate(lines)
            if isinstance(line.command, RRefUserDelete)
        }
        self._types = {rref.rref_id: rref.type_str for line in lines for rref in line.passed}
        self._errors = self._find_errors()
        self._makings = self._find_makings()

    def run(self) -> None:
        """Replay all messages."""
        for line in self._lines:
            self._make(line)
            send = self._sent(line)
            assert send.to_worker == line.receiver
            assert send.command == _as_specified(line)
            if line.command.message_type & 0x100:
                self._ids[line.sender, line.number] = send.message_id
                self._requests[line.sender, line.number] = line.command
            else:
                assert send.message_id == self._ids[line.receiver, line.number]
            receiver = self.contexts[line.receiver]
            self._take(
                line.receiver, receiver.receive(line.sender, send.message_id, send.command)
            )

    # What the lines tell of the programs.

    def _find_errors(self) -> dict[RRefId, RemoteException]:
        """Return the errors that remote calls ended with, as the fetches were answered."""
        fetches = {
            (line.sender, line.number): line.command.rref_id
            for line in self._lines
            if isinstance(line.command, Fetch)
        }
        return {
            fetches[line.receiver, line.number]: line.command
            for line in self._lines
            if isinstance(line.command, RemoteException)
            and (line.receiver, line.number) in fetches
        }

    def _find_makings(self) -> dict[int, dict[int, Callable[[], None]]]:
        """Return what made each identifier of each worker, by its number."""
        makings: dict[int, dict[int, Callable[[], None]]] = defaultdict(dict)
        made_by_calls = set()
        for line in self._lines:
            if isinstance(line.command, RemoteCall):
                rref_id = line.command.ret_rref_id
                made_by_calls.add(rref_id)
                makings[line.sender][rref_id.local_id] = self._creation(line)
        for line in self._lines:
            for fork in line.passed:
                makings[line.sender][fork.fork_id.local_id] = self._forking(line, fork)
                rref_id, owner = fork.rref_id, fork.owner_id
                if rref_id not in made_by_calls and rref_id.created_on == owner:
                    makings[owner][rref_id.local_id] = self._own(fork)
        return makings

    def _creation(self, line: Line) -> Callable[[], None]:
        assert isinstance(line.command, RemoteCall)
        rref_id, fork_id = line.command.ret_rref_id, line.command.ret_fork_id
        is_python = isinstance(line.command, PythonRemoteCall)
        type_str = self._types.get(rref_id, "PyObject" if is_python else "Tensor")

        def create() -> None:
            context = self.contexts[line.sender]
            if line.sender == line.receiver:
                own = context.createOwnerRRef(type_str)
                assert own.rref_id == rref_id == fork_id
                self._rrefs[line.sender][rref_id].append(own)
            else:
                created = context.createUserRRef(line.receiver, type_str)
                assert (created.rref_id, created.fork_id) == (rref_id, fork_id)
                self._rrefs[line.sender][rref_id].append(created)

        return create

    def _own(self, fork: RRefForkData) -> Callable[[], None]:
        def make() -> None:
            own = self.contexts[fork.owner_id].createOwnerRRef(fork.type_str)
            assert own.rref_id == fork.rref_id
            self._rrefs[fork.owner_id][own.rref_id].append(own)

        return make

    def _forking(self, line: Line, fork: RRefForkData) -> Callable[[], None]:
        def make() -> None:
            held = self._longest_held(line.sender, fork.rref_id)
            prepared = self.contexts[line.sender].prepareChildFork(held, line.receiver)
            assert prepared == fork

        return make

    def _make(self, line: Line) -> None:
        """Make the identifiers in a message, and first those with lower numbers, as libtorch did.

        These are in messages that were noted later.
        """
        made = [fork.fork_id.local_id for fork in line.passed]
        if isinstance(line.command, RemoteCall):
            made.append(line.command.ret_rref_id.local_id)
        makings = self._makings[line.sender]
        for number in sorted(makings):
            if made and number <= max(made):
                makings.pop(number)()

    def _longest_held(self, worker: int, rref_id: RRefId) -> RRef:
        """Return which of several forks the program used: no message tells. It still held this."""

        def end(rref: RRef) -> int:
            return self._deleted.get(rref.fork_id, NEVER) if isinstance(rref, UserRRef) else NEVER

        return max(self._rrefs[worker][rref_id], key=end)

    # What a worker sends.

    def _sent(self, line: Line) -> Send:
        context = self.contexts[line.sender]
        match line.command:
            case ScriptCall() | PythonCall() | PythonRemoteCall():
                return context.call(line.receiver, line.command)
            case ScriptRRefFetchCall(_, rref_id) | PythonRRefFetchCall(_, rref_id):
                held = self._longest_held(line.sender, rref_id)
                assert isinstance(held, UserRRef)
                return context.fetch(held)
            case RRefUserDelete(rref_id, fork_id):
                self._drop(line.sender, rref_id, fork_id)
            case RemoteRet(rref_id, _):
                self._end_call(line.sender, rref_id)
            case RRefAck():
                pass
            case command if not command.message_type & 0x100:
                self._answer(line)
        return self._by_rule(line)

    def _by_rule(self, line: Line) -> Send:
        """Return a message that the context has sent by itself."""
        self.sent_by_rule[type(line.command).__name__] += 1
        number = None if line.command.message_type & 0x100 else self._id_of_request(line)
        for send in self.unexpected[line.sender]:
            if send[0::2] == (line.receiver, line.command) and number in {None, send.message_id}:
                self.unexpected[line.sender].remove(send)
                return send
        raise AssertionError(f"{line} is not among {self.unexpected[line.sender]}")

    def _answer(self, line: Line) -> None:
        """Let the program answer, unless the context has done so: with the error of a call."""
        request = self._requests[line.receiver, line.number]
        if isinstance(request, Fetch):
            self._end_call(line.sender, request.rref_id)
            if isinstance(line.command, RemoteException):
                return
        context = self.contexts[line.sender]
        number = self._id_of_request(line)
        self._take(line.sender, context.answer(line.receiver, number, line.command))

    def _end_call(self, owner: int, rref_id: RRefId) -> None:
        """Set the value or the error of an RRef, once."""
        if rref_id not in self._has_value:
            self._has_value.add(rref_id)
            context = self.contexts[owner]
            if rref_id in self._errors:
                self._take(owner, context.setError(rref_id, self._errors[rref_id]))
            else:
                self._take(owner, context.setValue(rref_id))

    def _drop(self, worker: int, rref_id: RRefId, fork_id: ForkId) -> None:
        rrefs = self._rrefs[worker][rref_id]
        for rref in [each for each in rrefs if isinstance(each, UserRRef)]:
            if rref.fork_id == fork_id:
                rrefs.remove(rref)
                self._take(worker, self.contexts[worker].drop(rref))

    def _id_of_request(self, line: Line) -> int:
        return self._ids[line.receiver, line.number]

    def _take(self, worker: int, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self.unexpected[worker].append(effect)
                case Called(_, _, _, rrefs) | Answered(_, _, rrefs):
                    for rref in rrefs.values():
                        self._rrefs[worker][rref.rref_id].append(rref)
                case ValueWanted():
                    pass


def _as_specified(line: Line) -> RpcCommandBase:
    """Return the message, but with the worker that asks in a fetch.

    libtorch puts the owner there, which it never reads.
    """
    if isinstance(line.command, Fetch):
        assert line.command.from_worker_id == line.receiver
        return type(line.command)(line.sender, line.command.rref_id)
    return line.command
