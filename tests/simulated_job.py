"""Records of a job that is simulated: what its workers send, and what its owners count."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from rref_proto import (
    EventKind,
    ForkId,
    IValue,
    RecordedEvent,
    RecordedMessage,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
)
from rref_proto.recording import Record

FUNCTION = "__torch__.job.work"
NOTHING = IValue.from_python(None)
Counts = dict[tuple[int, RRefId], dict[ForkId, int]]


class Reference(NamedTuple):
    """An RRef as a worker has it; `fork_id` is None at its owner."""

    worker: int
    owner: int
    rref_id: RRefId
    fork_id: ForkId | None


class SimulatedJob:
    """A job of a few workers that do one thing after another, each to its end.

    `records` is what all workers record, in order, and `forks` what the owners count.
    """

    def __init__(self, workers: int, seed: int) -> None:
        self.workers = range(workers)
        self.records: list[Record] = []
        self.forks: Counts = {}
        # What the owners count when nothing is on its way: after each answer, by its time.
        self.history: dict[int, Counts] = {0: {}}
        self._chance = random.Random(seed)
        self._references: list[Reference] = []
        self._local_ids: Counter[int] = Counter()
        self._request_ids: Counter[int] = Counter()
        self._meet()

    @property
    def now(self) -> int:
        """The time of the last record."""
        return len(self.records)

    def step(self) -> None:
        """Do something at random."""
        self._remember()
        steps: list[Callable[[], None]] = [self._create, self._own]
        if self._references:
            steps += [self._pass_on, self._pass_on, self._return, self._fetch, self._drop]
        self._chance.choice(steps)()

    def end(self) -> None:
        """Shut down: all begin to, delete what they hold, and end their recordings."""
        self._meet()
        for worker in self.workers:
            self.records.append(RecordedEvent(self.now + 1, worker, EventKind.SHUTDOWN_BEGAN))
        self._meet()
        while self._references:
            self._delete(self._references.pop())
        self._remember()
        for worker in self.workers:
            count = self._request_ids[worker]
            ended = RecordedEvent(
                self.now + 1, worker, EventKind.RECORDING_ENDED, request_count=count
            )
            self.records.append(ended)

    def _meet(self) -> None:
        """Let the first worker hear of all others, and they of it, as torch does."""
        for worker in self.workers[1:]:
            self._call(worker, 0)
            self._call(0, worker)

    def _create(self) -> None:
        creator, owner = self._chance.choices(self.workers, k=2)
        rref_id = RRefId(creator, self._next_id(creator))
        if creator == owner:
            fork_id = ForkId(*_numbers(rref_id))
        else:
            fork_id = ForkId(creator, self._next_id(creator))
        call = ScriptRemoteCall(FUNCTION, [], rref_id, fork_id)
        self._exchange(creator, owner, call, RemoteRet(rref_id, fork_id))
        if creator == owner:
            self._references.append(Reference(owner, owner, rref_id, None))
        else:
            self._hold(Reference(creator, owner, rref_id, fork_id))

    def _own(self) -> None:
        """Make an RRef of the worker's own. No message tells of it until it is passed on."""
        owner = self._chance.choice(self.workers)
        rref_id = RRefId(owner, self._next_id(owner))
        self._references.append(Reference(owner, owner, rref_id, None))
        if self._chance.random() < 0.9:
            self._pass(self._references[-1])

    def _pass_on(self) -> None:
        self._pass(self._chance.choice(self._references))

    def _pass(self, reference: Reference) -> None:
        receiver = self._another(reference.worker)
        fork = self._fork(reference)
        call = ScriptCall(FUNCTION, [IValue("rref_value", fork)])
        self._exchange(reference.worker, receiver, call, ScriptResp(NOTHING))
        self._receive(reference, receiver, fork.fork_id)

    def _return(self) -> None:
        reference = self._chance.choice(self._references)
        caller = self._another(reference.worker)
        fork = self._fork(reference)
        answer = ScriptResp(IValue("rref_value", fork))
        self._exchange(caller, reference.worker, ScriptCall(FUNCTION, []), answer)
        self._receive(reference, caller, fork.fork_id)

    def _fetch(self) -> None:
        reference = self._chance.choice(self._references)
        if reference.fork_id is not None:
            call = ScriptRRefFetchCall(reference.worker, reference.rref_id)
            self._exchange(reference.worker, reference.owner, call, ScriptRRefFetchRet([NOTHING]))

    def _drop(self) -> None:
        self._delete(self._references.pop(self._chance.randrange(len(self._references))))

    def _delete(self, reference: Reference) -> None:
        owner, rref_id, fork_id = reference[1:]
        if fork_id is not None:
            self._exchange(reference.worker, owner, RRefUserDelete(rref_id, fork_id), RRefAck())
            del self.forks[owner, rref_id][fork_id]
            if not self.forks[owner, rref_id]:
                del self.forks[owner, rref_id]

    def _fork(self, reference: Reference) -> RRefForkData:
        parent = reference.worker
        fork_id = ForkId(parent, self._next_id(parent))
        return RRefForkData(reference.owner, reference.rref_id, fork_id, parent, "int")

    def _receive(self, reference: Reference, receiver: int, fork_id: ForkId) -> None:
        """Let a worker take over a fork that a message has brought."""
        parent, owner, rref_id, _ = reference
        if receiver == owner:
            self._exchange(owner, parent, RRefChildAccept(fork_id), RRefAck())
            self._references.append(Reference(owner, owner, rref_id, None))
            return
        if parent != owner:
            self._exchange(receiver, owner, RRefForkRequest(rref_id, fork_id), RRefAck())
        self._hold(Reference(receiver, owner, rref_id, fork_id))
        if parent != owner:
            self._exchange(receiver, parent, RRefChildAccept(fork_id), RRefAck())

    def _hold(self, reference: Reference) -> None:
        self._references.append(reference)
        assert reference.fork_id is not None
        forks = self.forks.setdefault((reference.owner, reference.rref_id), {})
        forks[reference.fork_id] = reference.worker

    def _call(self, sender: int, receiver: int) -> None:
        self._exchange(sender, receiver, ScriptCall(FUNCTION, []), ScriptResp(NOTHING))

    def _exchange(
        self, sender: int, receiver: int, request: RpcCommandBase, response: RpcCommandBase
    ) -> None:
        self._remember()
        number = self._request_ids[sender]
        self._request_ids[sender] += 1
        for command, way in ((request, (sender, receiver)), (response, (receiver, sender))):
            message = command.toMessage().with_id(number)
            self.records.append(RecordedMessage(self.now + 1, *way, message))

    def _remember(self) -> None:
        self.history[self.now] = {rref: dict(forks) for rref, forks in self.forks.items()}

    def _next_id(self, worker: int) -> int:
        number = self._local_ids[worker]
        self._local_ids[worker] += 1
        return number

    def _another(self, worker: int) -> int:
        return self._chance.choice([each for each in self.workers if each != worker])


def _numbers(identifier: RRefId) -> tuple[int, int]:
    return identifier.created_on, identifier.local_id
