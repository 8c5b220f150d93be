"""Three contexts, and a network between them on which a test lets each message arrive."""

from __future__ import annotations

from typing import Any, TypeVar

from rref_proto import ForkId, IValue, RRefContext, RRefForkData, ScriptCall, ScriptRemoteCall
from rref_proto.context import Called, Effect, OwnerRRef, RRef, Send, UserRRef

OWNER, CREATOR, OTHER = 0, 1, 2
FUNCTION = "__torch__.job.work"
Kind = TypeVar("Kind")


def arguments(*forks: RRefForkData) -> list[IValue]:
    """Return forks as the arguments of a call."""
    return [IValue("rref_value", fork) for fork in forks]


def remote_call(rref: RRef, *forks: RRefForkData) -> ScriptRemoteCall:
    """Return the call that creates an RRef."""
    fork_id = rref.fork_id if isinstance(rref, UserRRef) else ForkId(*numbers(rref.rref_id))
    return ScriptRemoteCall(FUNCTION, arguments(*forks), rref.rref_id, fork_id)


def numbers(identifier: Any) -> tuple[int, int]:
    """Return the two numbers of an identifier."""
    return identifier.created_on, identifier.local_id


def only(effects: list[Effect], kind: type[Kind]) -> Kind:
    """Return the one effect of a kind."""
    (found,) = (effect for effect in effects if isinstance(effect, kind))
    return found


class Workers:
    """An owner, a creator and another worker. `effects` are the last that a message had."""

    def __init__(self) -> None:
        self.contexts = [RRefContext(worker) for worker in (OWNER, CREATOR, OTHER)]
        self.owner, self.creator, self.other = self.contexts

    def bring(self, from_worker: int, send: Send) -> list[Effect]:
        """Let a message arrive."""
        receiver = self.contexts[send.to_worker]
        return receiver.receive(from_worker, send.message_id, send.command)

    def bring_all(self, worker: int, effects: list[Effect]) -> list[Effect]:
        """Let all messages arrive, and those that answer them; return what is no message."""
        others: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Send):
                others += self.bring_all(effect.to_worker, self.bring(worker, effect))
            else:
                others.append(effect)
        return others

    def created(self) -> UserRRef:
        """Create an RRef of the owner's, with a value, by the creator."""
        rref = self.creator.createUserRRef(OWNER, "int")
        self.bring(CREATOR, self.creator.call(OWNER, remote_call(rref)))
        self.bring_all(OWNER, self.owner.setValue(rref.rref_id))
        return rref

    def own(self) -> OwnerRRef:
        """Make an RRef of the owner's own value."""
        rref = self.owner.createOwnerRRef("int")
        assert self.owner.setValue(rref.rref_id) == []
        return rref

    def passed_on(self, worker: int, rref: RRef, to_worker: int) -> tuple[RRef, list[Effect]]:
        """Pass an RRef on in a call. Return what the callee has, and what its context sends."""
        context = self.contexts[worker]
        fork = context.prepareChildFork(rref, to_worker)
        call = context.call(to_worker, ScriptCall(FUNCTION, arguments(fork)))
        effects = self.bring(worker, call)
        (received,) = only(effects, Called).rrefs.values()
        return received, [effect for effect in effects if isinstance(effect, Send)]
