"""Recorded conversations, in which RRefContexts take the parts of libtorch's workers.

Each context is given what its worker received, and what its program did, as far as the messages
tell: its calls, its fetches, its answers, and the identifiers that it made for them. A drop is told
by the delete that it caused. All else the context has to send by itself, and by then.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable

from rref_proto import (
    ForkId,
    PythonCall,
    PythonRemoteCall,
    PythonRRefFetchCall,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefContext,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptRRefFetchCall,
)
from rref_proto.context import Answered, Called, Effect, RRef, Send, UserRRef
from rref_proto.message_type import REQUEST_TYPE

from recorded_lines import Line

NEVER = 2**63
RemoteCall = (ScriptRemoteCall, PythonRemoteCall)
Fetch = (ScriptRRefFetchCall, PythonRRefFetchCall)


class Replay:
    """The contexts of a conversation.

    `unexpected` is what they have sent, and libtorch has not, or not yet. `by_rule` counts what
    they sent without their programs, and `running` the remote calls on each owner.
    """

    def __init__(self, lines: list[Line]) -> None:
        workers = {worker for line in lines for worker in (line.sender, line.receiver)}
        self.contexts = {worker: RRefContext(worker) for worker in sorted(workers)}
        self.unexpected: dict[int, list[Send]] = {worker: [] for worker in workers}
        self.by_rule: Counter[str] = Counter()
        self.running: Counter[int] = Counter()
        self._lines = deque(lines)
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

    def run(self, until: int = NEVER) -> None:
        """Replay the messages up to a time."""
        while self._lines and self._lines[0].time <= until:
            line = self._lines.popleft()
            self._make(line)
            to_worker, message_id, command = self._sent(line)
            assert (to_worker, command) == (line.receiver, line.command)
            if command.message_type & REQUEST_TYPE:
                self._ids[line.sender, line.number] = message_id
                self._requests[line.sender, line.number] = command
            else:
                assert message_id == self._ids[line.receiver, line.number]
            self.running[to_worker] += isinstance(command, RemoteCall)
            self.running[line.sender] -= isinstance(command, RemoteRet)
            receiver = self.contexts[to_worker]
            self._take(to_worker, receiver.receive(line.sender, message_id, command))

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
            if isinstance(line.command, RemoteException) and (line.receiver, line.number) in fetches
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
        """Let the program do what the message tells. Return what the context sends for it."""
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
            case RRefForkRequest() | RRefChildAccept() | RRefAck():
                pass
            case _:
                if self._is_answered_by_program(line):
                    number = self._ids[line.receiver, line.number]
                    answer = context.answer(line.receiver, number, line.command)
                    self._take(line.sender, answer)
                    return self._find(line)
        self.by_rule[type(line.command).__name__] += 1
        return self._find(line)

    def _is_answered_by_program(self, line: Line) -> bool:
        """Whether a call or a fetch is, and not by the error of a remote call."""
        request = self._requests[line.receiver, line.number]
        if not isinstance(request, Fetch):
            return True
        self._end_call(line.sender, request.rref_id)
        return request.rref_id not in self._errors

    def _find(self, line: Line) -> Send:
        """Return what the context has sent by now."""
        is_request = line.command.message_type & REQUEST_TYPE
        number = None if is_request else self._ids[line.receiver, line.number]
        for send in self.unexpected[line.sender]:
            if send[0::2] == (line.receiver, line.command) and number in {None, send.message_id}:
                self.unexpected[line.sender].remove(send)
                return send
        raise AssertionError(f"{line} is not among {self.unexpected[line.sender]}")

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

    def _take(self, worker: int, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self.unexpected[worker].append(effect)
                case Called(_, _, _, rrefs) | Answered(_, _, rrefs):
                    for rref in rrefs.values():
                        self._rrefs[worker][rref.rref_id].append(rref)
