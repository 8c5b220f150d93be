"""What is refused, what comes twice and what comes late."""

from __future__ import annotations

import pytest

from rref_proto import (
    ForkId,
    IValue,
    PythonRemoteCall,
    PythonRRefFetchCall,
    RemoteException,
    RemoteRet,
    RRefAck,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    SerializedPyObj,
)
from rref_proto.context import (
    Confirmed,
    Ended,
    Send,
)

from workers import (
    CREATOR,
    OTHER,
    OWNER,
    Workers,
    remote_call,
)

NOTHING = IValue.from_python(None)
ERROR = RemoteException("it failed")


def test_a_call_that_is_refused_has_its_forks_accepted_and_ended(workers: Workers) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    assert workers.other.answer(CREATOR, 1, ERROR) == [Send(CREATOR, 1, ERROR)]
    workers.other.drop(received)
    workers.bring_all(OTHER, [request])
    assert workers.other.is_idle
    assert workers.creator.getDebugInfo()["num_pending_children"] == 0
    assert workers.owner.owned == {rref.rref_id: {rref.fork_id}}


def test_a_remote_call_whose_pickle_cannot_be_read_returns(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "PyObject")
    unreadable = SerializedPyObj(b"no pickle")
    call = PythonRemoteCall(unreadable, rref.rref_id, rref.fork_id, False)
    (returned,) = workers.owner.receive(CREATOR, 0, call)
    assert returned == Send(CREATOR, 0, RemoteRet(rref.rref_id, rref.fork_id))
    fetch = PythonRRefFetchCall(CREATOR, rref.rref_id)
    (answer,) = workers.owner.receive(CREATOR, 1, fetch)
    assert isinstance(answer, Send)
    assert isinstance(answer.command, RemoteException)


def test_a_remote_call_with_an_rref_that_is_not_valid_has_its_other_forks_accepted(
    workers: Workers,
) -> None:
    rref, other = workers.created(), workers.creator.createUserRRef(OTHER, "int")
    valid = workers.creator.prepareChildFork(rref, OTHER)
    broken = workers.own()
    call = remote_call(other, valid, workers.owner.prepareChildFork(broken, OTHER))
    effects = workers.other.receive(CREATOR, 3, call)
    assert [type(send.command) for send in effects if isinstance(send, Send)] == [
        RRefForkRequest,
        RemoteRet,
    ]
    events = workers.bring_all(OTHER, effects[:1])
    assert [type(event) for event in events] == [Confirmed]
    assert workers.other.held == ()


@pytest.mark.parametrize("fails", [False, True])
def test_a_copy_of_a_remote_call_is_answered_when_the_call_ends(
    workers: Workers, fails: bool
) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    workers.bring(CREATOR, call)
    assert workers.owner.receive(CREATOR, 77, call.command) == []
    returned = RemoteRet(rref.rref_id, rref.fork_id)
    both = [Send(CREATOR, 0, returned), Send(CREATOR, 77, returned)]
    if fails:
        assert workers.owner.setError(rref.rref_id, ERROR) == both
    else:
        assert workers.owner.setValue(rref.rref_id) == both
    assert workers.owner.receive(CREATOR, 78, call.command) == [Send(CREATOR, 78, returned)]
    workers.bring_all(OWNER, both[:1])
    workers.bring_all(CREATOR, workers.creator.drop(rref))
    assert workers.owner.receive(CREATOR, 79, call.command) == [Send(CREATOR, 79, returned)]
    assert workers.owner.is_idle


def test_a_late_copy_of_a_fork_request_is_acknowledged_and_not_counted(workers: Workers) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    workers.bring_all(OTHER, [request])
    workers.bring_all(OTHER, workers.other.drop(received))
    assert workers.bring(OTHER, request) == [Send(OTHER, request.message_id, RRefAck())]
    assert workers.owner.owned == {rref.rref_id: {rref.fork_id}}
    workers.bring_all(CREATOR, workers.creator.drop(rref))
    assert workers.bring(OTHER, request) == [Send(OTHER, request.message_id, RRefAck())]
    assert workers.owner.is_idle


def test_a_fork_request_for_an_rref_that_has_ended_is_acknowledged_and_not_counted(
    workers: Workers,
) -> None:
    rref = workers.created()
    workers.bring_all(CREATOR, workers.creator.drop(rref))
    late = RRefForkRequest(rref.rref_id, ForkId(CREATOR, 99))
    assert workers.owner.receive(OTHER, 0, late) == [Send(OTHER, 0, RRefAck())]
    assert workers.owner.owned == {}


def test_a_remote_call_whose_fork_has_ended_before_returns_and_is_not_carried_out(
    workers: Workers,
) -> None:
    """The creator is gone, another worker tells of the end of its fork, and then its call comes."""
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    _, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    workers.bring(OTHER, request)
    workers.owner.receive(OTHER, 9, RRefUserDelete(rref.rref_id, rref.fork_id))
    returned = RemoteRet(rref.rref_id, rref.fork_id)
    assert workers.bring(CREATOR, call) == [Send(CREATOR, call.message_id, returned)]


def test_a_delete_of_a_fork_that_is_not_counted_is_acknowledged(workers: Workers) -> None:
    delete = RRefUserDelete(RRefId(CREATOR, 0), ForkId(CREATOR, 1))
    assert workers.owner.receive(OTHER, 0, delete) == [Send(OTHER, 0, RRefAck())]
    assert workers.owner.is_idle
    # The fork has ended all the same: what comes late does not begin it again.
    late = RRefForkRequest(delete.rref_id, delete.fork_id)
    assert workers.owner.receive(CREATOR, 0, late) == [Send(CREATOR, 0, RRefAck())]
    assert workers.owner.owned == {}


def test_a_fork_that_ends_while_the_function_runs_leaves_the_rref_until_it_ends(
    workers: Workers,
) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    workers.bring(CREATOR, workers.creator.call(OWNER, remote_call(rref)))
    workers.owner.receive(OTHER, 0, RRefUserDelete(rref.rref_id, rref.fork_id))
    assert workers.owner.owned == {rref.rref_id: set()}
    assert workers.owner.setValue(rref.rref_id)[-1] == Ended(rref.rref_id)
