"""What the program and the other workers may not do: an error, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    EncodeError,
    ForkId,
    IValue,
    LocalProtocolError,
    PythonCall,
    PythonResp,
    RemoteException,
    RemoteProtocolError,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefContext,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    fromMessage,
)
from rref_proto.context import OwnerRRef, Send, UserRRef

from strategies import messages
from workers import CREATOR, FUNCTION, OTHER, OWNER, Workers, arguments, numbers, remote_call

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
        self.creator.receive(OTHER, 52, _fetch(self.waiting))

    def own_with_value(self) -> OwnerRRef:
        own = self.creator.createOwnerRRef("int")
        self.creator.setValue(own.rref_id)
        return own


# What the program may not do. The context is that of the creator.
MISUSES: dict[str, Callable[[Scene], Any]] = {
    "create a user's RRef on oneself": lambda s: s.creator.createUserRRef(CREATOR, "int"),
    "drop what was dropped": lambda s: s.creator.drop(s.dropped),
    "drop what was dropped and is still there": lambda s: s.creator.drop(s.let_go),
    "drop an own RRef that was dropped and is still there": lambda s: s.creator.drop(s.own_let_go),
    "drop what another worker holds": lambda s: s.creator.drop(OwnerRRef(OWNER, s.own.rref_id, "")),
    "drop what was never there": lambda s: s.creator.drop(OwnerRRef(CREATOR, RRefId(9, 9), "")),
    "drop another fork": lambda s: s.creator.drop(
        UserRRef(OTHER, s.rref.rref_id, s.rref.fork_id, "int")
    ),
    "pass on what was dropped": lambda s: s.creator.prepareChildFork(s.dropped, OTHER),
    "pass on what is not sent": lambda s: s.creator.prepareChildFork(s.unsent, OTHER),
    "pass on what was refused": lambda s: s.creator.prepareChildFork(s.refused, OTHER),
    "pass on what is not owned": lambda s: s.creator.prepareChildFork(
        OwnerRRef(CREATOR, RRefId(CREATOR, 999), "int"), OTHER
    ),
    "fetch what was dropped": lambda s: s.creator.fetch(s.dropped),
    "fetch what is not sent": lambda s: s.creator.fetch(s.unsent),
    "fetch what was refused": lambda s: s.creator.fetch(s.refused),
    "send a fork to another worker": lambda s: s.creator.call(
        OWNER, ScriptCall(FUNCTION, arguments(s.fork))
    ),
    "send a fork twice": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(s.sent_fork))
    ),
    "send a fork that the context did not make": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(_like(s.fork, ForkId(CREATOR, 999))))
    ),
    "send a fork with another type": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(RRefForkData(*_fields(s.fork)[:4], "str")))
    ),
    "send a pickle that cannot be read": lambda s: s.creator.call(
        OTHER, PythonCall(UNREADABLE, False)
    ),
    "create an RRef with other identifiers": lambda s: s.creator.call(
        OWNER, ScriptRemoteCall(FUNCTION, [], RRefId(CREATOR, 999), ForkId(CREATOR, 998))
    ),
    "create an RRef on another worker": lambda s: s.creator.call(OTHER, remote_call(s.unsent)),
    "create an RRef twice": lambda s: s.creator.call(OWNER, s.called.command),
    "create an RRef for oneself with other identifiers": lambda s: s.creator.call(
        CREATOR,
        ScriptRemoteCall(FUNCTION, [], s.own_unset.rref_id, ForkId(CREATOR, 999)),
    ),
    "create an RRef for oneself that has a value": lambda s: s.creator.call(
        CREATOR, remote_call(s.own)
    ),
    "create an RRef for oneself that is not there": lambda s: s.creator.call(
        CREATOR, remote_call(OwnerRRef(CREATOR, RRefId(CREATOR, 999), "int"))
    ),
    "cancel a fork that is sent": lambda s: s.creator.cancelChildFork(s.sent_fork),
    "cancel a fork with another type": lambda s: s.creator.cancelChildFork(
        RRefForkData(*_fields(s.fork)[:4], "str")
    ),
    "cancel a fork of another worker": lambda s: s.creator.cancelChildFork(
        _like(s.fork, ForkId(OTHER, 999))
    ),
    "set a value twice": lambda s: s.creator.setValue(s.own.rref_id),
    "set an error after the value": lambda s: s.creator.setError(s.own.rref_id, ERROR),
    "set the value of an RRef that a fetch named": lambda s: s.creator.setValue(s.waiting),
    "set the value of another worker's RRef": lambda s: s.creator.setValue(s.rref.rref_id),
    "answer what nobody asked": lambda s: s.creator.answer(OTHER, 999, ScriptResp(NOTHING)),
    "answer another worker": lambda s: s.creator.answer(OWNER, 50, ScriptResp(NOTHING)),
    "answer with a wrong message": lambda s: s.creator.answer(OTHER, 50, RRefAck()),
    "answer a fetch before the value is set": lambda s: s.creator.answer(
        OTHER, 52, ScriptRRefFetchRet([NOTHING])
    ),
    "answer with a fork for another worker": lambda s: s.creator.answer(
        OTHER, 50, ScriptResp(*arguments(s.fork_for_owner))
    ),
    "answer with a pickle that cannot be read": lambda s: s.creator.answer(
        OTHER, 51, PythonResp(UNREADABLE)
    ),
    "abandon what awaits no answer": lambda s: s.creator.abandon(Send(OTHER, 999, CALL)),
    "unsend what awaits no answer": lambda s: s.creator.unsend(Send(OTHER, 999, CALL)),
    "unsend another request": lambda s: s.creator.unsend(s.sent._replace(command=CALL)),
}

# What another worker may not do, as it sends it to the creator.
OFFENCES: dict[str, Callable[[Scene], tuple[int, int, Any]]] = {
    "answer in the place of another": lambda s: (OWNER, s.sent.message_id, ScriptResp(NOTHING)),
    "answer with a wrong message": lambda s: (OTHER, s.sent.message_id, RRefAck()),
    "answer a fetch with a call's answer": lambda s: (
        OWNER,
        s.fetch.message_id,
        ScriptResp(NOTHING),
    ),
    "return another RRef": lambda s: (
        OWNER,
        s.called.message_id,
        RemoteRet(RRefId(CREATOR, 999), s.called.command.ret_fork_id),
    ),
    "return another fork": lambda s: (
        OWNER,
        s.called.message_id,
        RemoteRet(s.called.command.ret_rref_id, ForkId(CREATOR, 999)),
    ),
    "accept a child that was made for another": lambda s: (
        OWNER,
        0,
        RRefChildAccept(s.sent_fork.fork_id),
    ),
    "end the fork of a remote call of another to itself": lambda s: (
        OTHER,
        0,
        RRefUserDelete(s.own.rref_id, ForkId(*numbers(s.own.rref_id))),
    ),
    "use an id twice": lambda _: (OTHER, 50, CALL),
    "use the id of a fetch for another": lambda _: (OTHER, 52, _fetch(RRefId(OTHER, 77))),
    "create an RRef in the name of another": lambda _: (
        OTHER,
        0,
        ScriptRemoteCall(FUNCTION, [], RRefId(OWNER, 0), ForkId(OTHER, 1)),
    ),
    "create an RRef with one identifier": lambda _: (
        OTHER,
        0,
        ScriptRemoteCall(FUNCTION, [], RRefId(OTHER, 7), ForkId(OTHER, 7)),
    ),
    "create an RRef with a fork of another": lambda _: (
        OTHER,
        0,
        ScriptRemoteCall(FUNCTION, [], RRefId(OTHER, 7), ForkId(OWNER, 8)),
    ),
    "send a pickle that cannot be read": lambda _: (OTHER, 0, PythonCall(UNREADABLE, False)),
    "pass on a fork in the name of another": lambda _: _passing(
        OTHER, RRefForkData(OWNER, RRefId(OWNER, 0), ForkId(OWNER, 9), OWNER, "int")
    ),
    "pass on a fork that another worker made": lambda _: _passing(
        OTHER, RRefForkData(OWNER, RRefId(OWNER, 0), ForkId(OWNER, 9), OTHER, "int")
    ),
    "pass on a fork of two RRefs": lambda _: _passing(
        OTHER,
        *(
            RRefForkData(OWNER, RRefId(OWNER, number), ForkId(OTHER, 9), OTHER, "int")
            for number in range(2)
        ),
    ),
    "pass on an RRef that has ended": lambda _: _passing(
        OTHER, RRefForkData(CREATOR, RRefId(CREATOR, 999), ForkId(OTHER, 9), OTHER, "int")
    ),
    "pass on a fork that has ended": lambda s: _passing(CREATOR, _as_passed_on(s.dropped)),
    "pass on a fork to itself twice": lambda s: _passing(CREATOR, s.own_fork),
    "pass on a fork of a remote call": lambda s: _passing(CREATOR, _as_passed_on(s.creating)),
    "pass on a fork that another RRef has": lambda _: _passing(
        OTHER, RRefForkData(OTHER, RRefId(OTHER, 42), ForkId(OTHER, 41), OTHER, "int")
    ),
}


def _passing(worker: int, *forks: RRefForkData) -> tuple[int, int, ScriptCall]:
    return worker, 0, ScriptCall(FUNCTION, arguments(*forks))


def _fields(fork: RRefForkData) -> tuple[Any, ...]:
    return fork.owner_id, fork.rref_id, fork.fork_id, fork.parent, fork.type_str


def _like(fork: RRefForkData, fork_id: ForkId) -> RRefForkData:
    return RRefForkData(fork.owner_id, fork.rref_id, fork_id, fork.parent, fork.type_str)


def _as_passed_on(rref: UserRRef) -> RRefForkData:
    return RRefForkData(rref.owner_id, rref.rref_id, rref.fork_id, CREATOR, rref.type_str)


def _fetch(rref_id: RRefId) -> ScriptRRefFetchCall:
    return ScriptRRefFetchCall(OTHER, rref_id)


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_a_misuse_is_an_error_and_changes_nothing(misuse: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(LocalProtocolError, match=r"expected|not allowed"):
        misuse(scene)
    assert state_of(scene.creator) == before


@pytest.mark.parametrize("offence", OFFENCES.values(), ids=OFFENCES)
def test_an_offence_is_an_error_and_changes_nothing(
    offence: Callable[[Scene], tuple[int, int, Any]],
) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(RemoteProtocolError, match="expected"):
        scene.creator.receive(*offence(scene))
    assert state_of(scene.creator) == before


def test_a_second_call_for_one_rref_is_an_error() -> None:
    workers = Workers()
    rref = workers.created()
    before = state_of(workers.owner)
    again = ScriptRemoteCall(FUNCTION, [], rref.rref_id, ForkId(CREATOR, 999))
    with pytest.raises(RemoteProtocolError, match="new RRef"):
        workers.owner.receive(CREATOR, 9, again)
    assert state_of(workers.owner) == before
    workers.bring_all(CREATOR, workers.creator.drop(rref))
    with pytest.raises(RemoteProtocolError, match="new RRef"):
        workers.owner.receive(CREATOR, 9, again)


# Few identifiers, so that many of them mean something.
few_workers = st.integers(0, 3)
few_rrefs = st.builds(RRefId, few_workers, st.integers(0, 12))
few_forks = st.builds(ForkId, few_workers, st.integers(0, 12))
few_passed = st.builds(RRefForkData, few_workers, few_rrefs, few_forks, few_workers, st.just("int"))
few_arguments = st.lists(few_passed, max_size=3).map(lambda forks: arguments(*forks))
likely = st.one_of(
    st.builds(ScriptRemoteCall, st.just(FUNCTION), few_arguments, few_rrefs, few_forks),
    st.builds(ScriptCall, st.just(FUNCTION), few_arguments),
    st.builds(ScriptResp, few_arguments.map(lambda values: IValue("tuple_value", values))),
    st.builds(ScriptRRefFetchCall, few_workers, few_rrefs),
    st.builds(RemoteRet, few_rrefs, few_forks),
    st.builds(RRefUserDelete, few_rrefs, few_forks),
    st.builds(RRefForkRequest, few_rrefs, few_forks),
    st.builds(RRefChildAccept, few_forks),
    st.builds(RRefAck),
    st.builds(RemoteException, st.text(max_size=3)),
)


@given(st.lists(st.tuples(few_workers, st.integers(0, 9), likely | messages.map(fromMessage))))
def test_any_message_is_taken_or_refused(seen: list[tuple[int, int, Any]]) -> None:
    scene = Scene()
    for worker, message_id, command in seen:
        before = state_of(scene.creator)
        try:
            scene.creator.receive(worker, message_id, command)
        except RemoteProtocolError:
            assert state_of(scene.creator) == before


ANY: Any = object()
WRONG_TYPES: list[Callable[[Scene], Any]] = [
    lambda _: RRefContext(ANY),
    lambda s: s.creator.createUserRRef(ANY, "int"),
    lambda s: s.creator.createUserRRef(OWNER, ANY),
    lambda s: s.creator.createOwnerRRef(ANY),
    lambda s: s.creator.prepareChildFork(ANY, OTHER),
    lambda s: s.creator.prepareChildFork(s.rref, ANY),
    lambda s: s.creator.cancelChildFork(ANY),
    lambda s: s.creator.drop(ANY),
    lambda s: s.creator.call(ANY, CALL),
    lambda s: s.creator.call(OTHER, ANY),
    lambda s: s.creator.fetch(ANY),
    lambda s: s.creator.answer(ANY, 50, ERROR),
    lambda s: s.creator.answer(OTHER, ANY, ERROR),
    lambda s: s.creator.answer(OTHER, 50, ANY),
    lambda s: s.creator.setValue(ANY),
    lambda s: s.creator.setError(ANY, ERROR),
    lambda s: s.creator.setError(s.own_unset.rref_id, ANY),
    lambda s: s.creator.abandon(ANY),
    lambda s: s.creator.unsend(ANY),
    lambda s: s.creator.receive(ANY, 0, RRefAck()),
    lambda s: s.creator.receive(OTHER, ANY, RRefAck()),
    lambda s: s.creator.receive(OTHER, 0, RRefAck().toMessage()),  # type: ignore[arg-type]
]
OUT_OF_RANGE: list[Callable[[Scene], Any]] = [
    lambda _: RRefContext(-(2**15) - 1),
    lambda s: s.creator.createUserRRef(2**15, "int"),
    lambda s: s.creator.prepareChildFork(s.rref, 2**15),
    lambda s: s.creator.call(2**15, CALL),
    lambda s: s.creator.answer(2**15, 50, ERROR),
    lambda s: s.creator.answer(OTHER, 2**63, ERROR),
    lambda s: s.creator.receive(2**15, 0, RRefAck()),
    lambda s: s.creator.receive(OTHER, 2**63, RRefAck()),
]


@pytest.mark.parametrize("attempt", WRONG_TYPES)
def test_a_value_of_a_wrong_type_is_a_type_error(attempt: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(TypeError, match="expected"):
        attempt(scene)
    assert state_of(scene.creator) == before


@pytest.mark.parametrize("attempt", OUT_OF_RANGE)
def test_a_number_out_of_range_is_an_error(attempt: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(EncodeError, match="expected an integer"):
        attempt(scene)
    assert state_of(scene.creator) == before
