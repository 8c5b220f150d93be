"""Programs that do all that a program can do with an RRefContext, as `pick` chooses.

`pick` returns one item of a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rref_proto import (
    ForkId,
    IValue,
    PythonCall,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteException,
    RpcCommandBase,
    RRefContext,
    RRefForkData,
    RRefId,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
)
from rref_proto.context import (
    Answered,
    Called,
    Effect,
    Ended,
    OwnerRRef,
    RRef,
    Send,
    UserRRef,
    ValueWanted,
)

Pick = Callable[[Sequence[Any]], Any]
FUNCTION = "__torch__.job.work"
ERROR = RemoteException("it failed")
RETURNS = {
    ScriptCall: lambda rrefs: ScriptResp(_tuple(rrefs)),
    PythonCall: lambda rrefs: PythonResp(SerializedPyObj.from_python(rrefs)),
    ScriptRRefFetchCall: lambda rrefs: ScriptRRefFetchRet([_tuple(rrefs)]),
    PythonRRefFetchCall: lambda rrefs: PythonRRefFetchRet(
        SerializedPyObj.from_python(rrefs).toIValues()
    ),
}


class Program:
    """The program of one worker: what it refers to, and what it has to do.

    `send` takes what is to be sent, `ended` what the program has let go of.
    """

    def __init__(
        self, worker: int, workers: int, pick: Pick, send: Callable[[int, Send], None]
    ) -> None:
        self.context = RRefContext(worker)
        self.ended: set[RRefId] = set()
        self._workers = range(workers)
        self._pick = pick
        self._send = send
        self._rrefs: list[RRef] = []
        self._without_value: list[RRefId] = []
        self._to_answer: list[Called | ValueWanted] = []
        self._requests: list[Send] = []

    def beginnings(self) -> list[Callable[[], None]]:
        """Return what it can do that begins something."""
        steps: list[Callable[[], None]] = [self._create, self._own, self._call]
        if self._rrefs:
            steps += [self._call, self._cancel]
        if self._users():
            steps.append(self._fetch)
        return steps

    def endings(self) -> list[Callable[[], None]]:
        """Return what it can do that ends something."""
        can_happen = {
            self._drop: self._droppable(),
            self._answer: self._to_answer,
            self._end_call: self._without_value,
            self._abandon: self._requests,
        }
        return [step for step, subjects in can_happen.items() if subjects]

    def take(self, effects: list[Effect]) -> None:
        """Take what the context returned."""
        for effect in effects:
            match effect:
                case Send():
                    self._send(self.context.worker_id, effect)
                case Called(_, _, command, rrefs):
                    self._rrefs += rrefs.values()
                    if isinstance(command, ScriptRemoteCall):
                        self._without_value.append(command.ret_rref_id)
                    else:
                        self._to_answer.append(effect)
                case ValueWanted():
                    self._to_answer.append(effect)
                case Answered(_, _, rrefs):
                    self._rrefs += rrefs.values()
                case Ended(rref_id):
                    self.ended.add(rref_id)

    # What begins something.

    def _create(self) -> None:
        to_worker = self._pick(self._workers)
        rref: RRef
        if to_worker == self.context.worker_id:
            rref = self.context.createOwnerRRef("int")
            fork_id = ForkId(rref.rref_id.created_on, rref.rref_id.local_id)
        else:
            rref = self.context.createUserRRef(to_worker, self._pick(["int", "PyObject"]))
            fork_id = rref.fork_id
        rref_id = rref.rref_id
        while not self._request(
            to_worker,
            lambda forks: ScriptRemoteCall(FUNCTION, [_tuple(forks)], rref_id, fork_id),
        ):
            pass  # the same identifiers, in another call
        self._rrefs.append(rref)

    def _own(self) -> None:
        rref = self.context.createOwnerRRef("int")
        self._rrefs.append(rref)
        self._without_value.append(rref.rref_id)

    def _call(self) -> None:
        calls = [
            lambda forks: ScriptCall(FUNCTION, [_tuple(forks)]),
            lambda forks: PythonCall(SerializedPyObj.from_python(forks), False),
        ]
        self._request(self._pick(self._workers), self._pick(calls))

    def _request(self, to_worker: int, make: Callable[[tuple[RRefForkData, ...]], Any]) -> bool:
        """Send a call with some RRefs. Return whether it was sent, which not every call is."""
        request = self.context.call(to_worker, make(self._forks(to_worker)))
        is_sent = bool(self._pick([True, True, True, False]))
        if is_sent:
            self._requests.append(request)
            self._send(self.context.worker_id, request)
        else:
            self.take(self.context.unsend(request))
        return is_sent

    def _fetch(self) -> None:
        request = self.context.fetch(self._pick(self._users()))
        self._requests.append(request)
        self._send(self.context.worker_id, request)

    def _cancel(self) -> None:
        for fork in self._forks(self._pick(self._workers)):
            self.take(self.context.cancelChildFork(fork))

    # What ends something.

    def _drop(self) -> None:
        rref = self._pick(self._droppable())
        self._rrefs.remove(rref)
        self.take(self.context.drop(rref))

    def _answer(self) -> None:
        asked = self._taken(self._to_answer)
        answer: RpcCommandBase = ERROR
        if self._pick([True, True, False]):
            answer = RETURNS[type(asked.command)](self._forks(asked.from_worker))
        self.take(self.context.answer(asked.from_worker, asked.message_id, answer))

    def _end_call(self) -> None:
        rref_id = self._taken(self._without_value)
        if self._pick([True, True, False]):
            self.take(self.context.setValue(rref_id))
        else:
            self.take(self.context.setError(rref_id, ERROR))

    def _abandon(self) -> None:
        request = self._taken(self._requests)
        if request in self.context.awaiting:
            self.take(self.context.abandon(request))

    def _taken(self, items: list[Any]) -> Any:
        item = self._pick(items)
        items.remove(item)
        return item

    def _users(self) -> list[UserRRef]:
        return [rref for rref in self._rrefs if isinstance(rref, UserRRef)]

    def _droppable(self) -> list[RRef]:
        """Return all RRefs but those whose value the program still has to set."""
        without = set(self._without_value)
        return [
            rref
            for rref in self._rrefs
            if not isinstance(rref, OwnerRRef) or rref.rref_id not in without
        ]

    def _forks(self, to_worker: int) -> tuple[RRefForkData, ...]:
        count = self._pick([0, 1, 2]) if self._rrefs else 0
        chosen = [self._pick(self._rrefs) for _ in range(count)]
        return tuple(self.context.prepareChildFork(rref, to_worker) for rref in chosen)


def _tuple(rrefs: tuple[RRefForkData, ...]) -> IValue:
    return IValue("tuple_value", [IValue("rref_value", rref) for rref in rrefs])
