"""Workers over a network that delays, reorders and repeats, and what must be true of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rref_proto import ForkId, Ledger, PythonCall, RpcCommandBase, ScriptCall
from rref_proto.context import Confirmed, Effect, Send
from rref_proto.passing import rrefs_passed_by

from programs import Pick, Program

# A transport must not bring these twice.
BROUGHT_ONCE = (ScriptCall, PythonCall)


class Packet(NamedTuple):
    """A message on its way."""

    from_worker: int
    to_worker: int
    message_id: int
    command: RpcCommandBase


class Network:
    """A few workers with their programs, the messages on their way, and a ledger of what is sent.

    After each step it checks that no owner lets go of what a user holds.
    """

    def __init__(self, workers: int, pick: Pick) -> None:
        self._pick = pick
        self._programs = [Program(worker, workers, pick, self._send) for worker in range(workers)]
        self._packets: list[Packet] = []
        self._calls_brought: set[tuple[int, int]] = set()
        self._confirmed: set[ForkId] = set()
        self._ledger = Ledger()

    def step(self) -> None:
        """Let something happen."""
        steps: list[Callable[[], None]] = [self._bring, self._repeat] if self._packets else []
        program = self._pick(self._programs)
        self._pick([*steps, *steps, *program.beginnings(), *program.endings()])()
        self._check()

    def end(self) -> None:
        """Let all end: what is on its way is brought, all is answered and dropped."""
        while True:
            steps = [step for program in self._programs for step in program.endings()]
            steps += [self._bring] if self._packets else []
            if not steps:
                break
            self._pick(steps)()
            self._check()
        for program in self._programs:
            assert program.context.is_idle
            assert program.context.owned == {}
            assert program.context.held == program.context.awaiting == ()
            assert not any(program.context.getDebugInfo().values())
        assert self._ledger.held() == []

    def _send(self, worker: int, send: Send) -> None:
        message = send.command.toMessage().with_id(send.message_id)
        self._ledger.observe(worker, send.to_worker, message)
        self._packets.append(Packet(worker, *send))

    def _bring(self) -> None:
        """Bring any message, not the oldest."""
        packet = self._pick(self._packets)
        self._packets.remove(packet)
        sender, receiver, message_id, command = packet
        if type(command) in BROUGHT_ONCE:
            if (sender, message_id) in self._calls_brought:
                return
            self._calls_brought.add((sender, message_id))
        program = self._programs[receiver]
        effects = program.context.receive(sender, message_id, command)
        self._note_confirmed(packet, effects)
        program.take(effects)

    def _repeat(self) -> None:
        """Put a copy of a message on its way."""
        self._packets.append(self._pick(self._packets))

    def _note_confirmed(self, packet: Packet, effects: list[Effect]) -> None:
        self._confirmed |= {
            effect.rref.fork_id for effect in effects if isinstance(effect, Confirmed)
        }
        self._confirmed |= {
            rref.fork_id
            for rref in rrefs_passed_by(packet.command.toMessage()) or ()
            if rref.parent == rref.owner_id
        }

    def _check(self) -> None:
        """Check that the owner of each fork keeps the value, and counts the fork if it should."""
        for program in self._programs:
            for rref in program.context.held:
                owner = self._programs[rref.owner_id]
                assert rref.rref_id not in owner.ended, f"{rref} is held, and its value is gone"
                if rref.fork_id in self._confirmed:
                    assert rref.fork_id in owner.context.owned[rref.rref_id], "it is not counted"
        if not self._packets:
            self._check_ledger()

    def _check_ledger(self) -> None:
        """Check at a quiet moment that the ledger tells what the owners count."""
        told = {(fork.owner, fork.rref_id, fork.fork_id) for fork in self._ledger.held()}
        assert told == {
            (program.context.worker_id, rref_id, fork_id)
            for program in self._programs
            for rref_id, forks in program.context.owned.items()
            for fork_id in forks
        }
