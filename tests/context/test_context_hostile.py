"""What other workers may not do: an error, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    ForkId,
    IValue,
    PythonCall,
    RemoteException,
    RemoteProtocolError,
    RemoteRet,
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
    fromMessage,
)

from scene import (
    CALL,
    NOTHING,
    UNREADABLE,
    Scene,
    as_passed_on,
    fetching,
    passing,
    state_of,
)
from strategies import messages
from workers import CREATOR, FUNCTION, OTHER, OWNER, Workers, arguments, numbers

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
    "use the id of a fetch for another": lambda _: (OTHER, 52, fetching(RRefId(OTHER, 77))),
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
    "pass on a fork in the name of another": lambda _: passing(
        OTHER, RRefForkData(OWNER, RRefId(OWNER, 0), ForkId(OWNER, 9), OWNER, "int")
    ),
    "pass on a fork that another worker made": lambda _: passing(
        OTHER, RRefForkData(OWNER, RRefId(OWNER, 0), ForkId(OWNER, 9), OTHER, "int")
    ),
    "pass on a fork of two RRefs": lambda _: passing(
        OTHER,
        *(
            RRefForkData(OWNER, RRefId(OWNER, number), ForkId(OTHER, 9), OTHER, "int")
            for number in range(2)
        ),
    ),
    "pass on an RRef that has ended": lambda _: passing(
        OTHER, RRefForkData(CREATOR, RRefId(CREATOR, 999), ForkId(OTHER, 9), OTHER, "int")
    ),
    "pass on a fork that has ended": lambda s: passing(CREATOR, as_passed_on(s.dropped)),
    "pass on a fork to itself twice": lambda s: passing(CREATOR, s.own_fork),
    "pass on a fork of a remote call": lambda s: passing(CREATOR, as_passed_on(s.creating)),
    "pass on a fork that another RRef has": lambda _: passing(
        OTHER, RRefForkData(OTHER, RRefId(OTHER, 42), ForkId(OTHER, 41), OTHER, "int")
    ),
}


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
