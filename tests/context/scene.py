"""Workers in the middle of their work, for tests of what they may not do."""

from __future__ import annotations

from typing import Any

from rref_proto import (
    ForkId,
    IValue,
    PythonCall,
    RemoteException,
    RRefForkData,
    RRefId,
    ScriptCall,
    ScriptRRefFetchCall,
    SerializedPyObj,
)
from rref_proto.context import OwnerRRef, Send, UserRRef

from workers import CREATOR, FUNCTION, OTHER, OWNER, Workers, arguments, remote_call

NOTHING = IValue.from_python(None)
ERROR = RemoteException("it failed")
UNREADABLE = SerializedPyObj(b"no pickle")
CALL = ScriptCall(FUNCTION, [])


def state_of(subject: Any) -> Any:
    """Return all that an object holds, as values that can be compared."""
    if isinstance(subject, dict):
        return [(state_of(key), state_of(value)) for key, value in subject.items()]
    if isinstance(subject, (list, tuple)):
        return [state_of(item) for item in subject]
    if isinstance(subject, set):
        return sorted(map(repr, subject))
    if type(subject).__module__.startswith(("rref_proto.context", "rref_proto._identifier_set")):
        slots = [name for each in type(subject).__mro__ for name in vars(each).get("__slots__", ())]
        names = getattr(subject, "__dict__", slots)
        return {name: state_of(getattr(subject, name, None)) for name in names} or repr(subject)
    return repr(subject)


class Scene(Workers):
    """Workers in the middle of their work."""

    def __init__(self) -> None:
        super().__init__()
        self.rref = self.created()
        self.dropped = self.created()
        self.bring_all(CREATOR, self.creator.drop(self.dropped))
        self.creating = self.creator.createUserRRef(OWNER, "int")
        self.own = self.own_with_value()
        self.own_unset = self.creator.createOwnerRRef("int")
        self.refused = self.creator.createUserRRef(OWNER, "int")
        refused = self.creator.call(OWNER, remote_call(self.refused))
        self.bring(OWNER, Send(CREATOR, refused.message_id, ERROR))
        self.fork = self.creator.prepareChildFork(self.rref, OTHER)
        self.fork_for_owner = self.creator.prepareChildFork(self.rref, OWNER)
        self.sent_fork = self.creator.prepareChildFork(self.rref, OTHER)
        self.let_go = self.created()
        self.creator.prepareChildFork(self.let_go, OTHER)
        self.creator.drop(self.let_go)
        self.own_let_go = self.own_with_value()
        self.creator.prepareChildFork(self.own_let_go, OTHER)
        self.creator.drop(self.own_let_go)
        self.own_fork = self.creator.prepareChildFork(self.own, CREATOR)
        passing = self.creator.call(CREATOR, ScriptCall(FUNCTION, arguments(self.own_fork)))
        self.bring(CREATOR, passing)
        self.received = RRefForkData(OTHER, RRefId(OTHER, 40), ForkId(OTHER, 41), OTHER, "int")
        self.creator.receive(OTHER, 49, ScriptCall(FUNCTION, arguments(self.received)))
        self.sent = self.creator.call(OTHER, ScriptCall(FUNCTION, arguments(self.sent_fork)))
        self.fetch = self.creator.fetch(self.rref)
        self.called = self.creator.call(OWNER, remote_call(self.creating))
        self.creator.receive(OTHER, 50, CALL)
        self.creator.receive(OTHER, 51, PythonCall(SerializedPyObj.from_python(()), False))
        self.unsent = self.creator.createUserRRef(OWNER, "int")
        self.waiting = RRefId(OTHER, 0)
        self.creator.receive(OTHER, 52, fetching(self.waiting))

    def own_with_value(self) -> OwnerRRef:
        own = self.creator.createOwnerRRef("int")
        self.creator.setValue(own.rref_id)
        return own


def passing(worker: int, *forks: RRefForkData) -> tuple[int, int, ScriptCall]:
    return worker, 0, ScriptCall(FUNCTION, arguments(*forks))


def fields(fork: RRefForkData) -> tuple[Any, ...]:
    return fork.owner_id, fork.rref_id, fork.fork_id, fork.parent, fork.type_str


def like(fork: RRefForkData, fork_id: ForkId) -> RRefForkData:
    return RRefForkData(fork.owner_id, fork.rref_id, fork_id, fork.parent, fork.type_str)


def as_passed_on(rref: UserRRef) -> RRefForkData:
    return RRefForkData(rref.owner_id, rref.rref_id, rref.fork_id, CREATOR, rref.type_str)


def fetching(rref_id: RRefId) -> ScriptRRefFetchCall:
    return ScriptRRefFetchCall(OTHER, rref_id)
