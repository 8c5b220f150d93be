"""What an owner does with its RRefs."""

from __future__ import annotations

from rref_proto import (
    ForkId,
    IValue,
    RemoteException,
    RemoteRet,
    RRefChildAccept,
    ScriptCall,
)
from rref_proto.context import (
    Called,
    Ended,
    Failed,
    OwnerRRef,
    Send,
    UserRRef,
)

from workers import (
    CREATOR,
    FUNCTION,
    OTHER,
    OWNER,
    Workers,
    arguments,
    numbers,
    only,
    remote_call,
)

NOTHING = IValue.from_python(None)
ERROR = RemoteException("it failed")


def test_a_fork_that_the_owner_makes_is_counted_at_once(workers: Workers) -> None:
    rref = workers.own()
    received, sends = workers.passed_on(OWNER, rref, OTHER)
    assert isinstance(received, UserRRef)
    assert sends == []
    assert workers.owner.owned == {rref.rref_id: {received.fork_id}}
    assert workers.owner.drop(rref) == []
    events = workers.bring_all(OTHER, workers.other.drop(received))
    assert events == [Ended(rref.rref_id)]


def test_an_rref_comes_home_to_its_owner(workers: Workers) -> None:
    rref = workers.created()
    received, (accept,) = workers.passed_on(CREATOR, rref, OWNER)
    assert received == OwnerRRef(OWNER, rref.rref_id, "int")
    assert isinstance(accept.command, RRefChildAccept)
    assert workers.owner.owned == {rref.rref_id: {rref.fork_id}}
    workers.bring_all(OWNER, [accept])
    workers.bring_all(CREATOR, workers.creator.drop(rref))
    # The owner's own program still refers to it. libtorch does not count it now.
    assert workers.owner.owned == {rref.rref_id: set()}
    assert workers.owner.getDebugInfo()["num_owner_rrefs"] == 0
    assert workers.owner.drop(received) == [Ended(rref.rref_id)]


def test_an_rref_that_comes_home_can_overtake_the_call_that_creates_it(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    received, (accept,) = workers.passed_on(CREATOR, rref, OWNER)
    workers.bring_all(OWNER, [accept])
    assert workers.owner.drop(received) == []
    assert workers.owner.owned == {}  # it is not known as ended: the call is still to come
    assert isinstance(only(workers.bring(CREATOR, call), Called), Called)


def test_an_owner_that_passes_its_rref_to_itself_counts_the_fork_on_the_way(
    workers: Workers,
) -> None:
    rref = workers.own()
    fork = workers.owner.prepareChildFork(rref, OWNER)
    call = workers.owner.call(OWNER, ScriptCall(FUNCTION, arguments(fork)))
    assert workers.owner.drop(rref) == []
    assert workers.owner.owned == {rref.rref_id: {fork.fork_id}}
    (called,) = workers.bring(OWNER, call)
    assert isinstance(called, Called)
    assert called.rrefs == {fork.fork_id: rref}
    assert workers.owner.owned == {rref.rref_id: set()}
    assert workers.owner.drop(rref) == [Ended(rref.rref_id)]


def test_a_user_that_passes_its_rref_to_itself_has_a_second_fork(workers: Workers) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, CREATOR)
    assert received != rref
    workers.bring_all(CREATOR, [request])
    assert workers.creator.getDebugInfo()["num_pending_children"] == 0
    assert set(workers.creator.held) == {rref, received}


def test_a_remote_call_to_oneself_is_a_fork_until_it_returns(workers: Workers) -> None:
    rref = workers.owner.createOwnerRRef("int")
    call = workers.owner.call(OWNER, remote_call(rref))
    own_fork = ForkId(*numbers(rref.rref_id))
    assert workers.owner.owned == {rref.rref_id: {own_fork}}
    assert workers.owner.getDebugInfo()["num_pending_users"] == 0
    (called,) = workers.bring(OWNER, call)
    assert isinstance(called, Called)
    (returned,) = workers.owner.setValue(rref.rref_id)
    assert isinstance(returned, Send)
    assert returned.command == RemoteRet(rref.rref_id, own_fork)
    assert workers.bring(OWNER, returned) == []
    assert workers.owner.owned == {rref.rref_id: set()}
    # A copy of the call is answered, and the function is not called again.
    assert workers.bring(OWNER, call) == [returned]
    assert workers.owner.drop(rref) == [Ended(rref.rref_id)]
    assert workers.bring(OWNER, call) == [returned]


def test_a_remote_call_to_oneself_that_is_refused_leaves_no_fork(workers: Workers) -> None:
    rref = workers.owner.createOwnerRRef("int")
    call = workers.owner.call(OWNER, remote_call(rref))
    assert workers.bring(OWNER, Send(OWNER, call.message_id, ERROR)) == [Failed(call, ERROR)]
    assert workers.owner.owned == {rref.rref_id: set()}
    assert workers.owner.drop(rref) == []
    assert workers.owner.is_idle


def test_an_error_does_not_stop_a_remote_call_to_oneself_that_runs(workers: Workers) -> None:
    rref = workers.owner.createOwnerRRef("int")
    call = workers.owner.call(OWNER, remote_call(rref))
    workers.bring(OWNER, call)
    assert workers.bring(OWNER, Send(OWNER, call.message_id, ERROR)) == [Failed(call, ERROR)]
    assert len(workers.owner.setValue(rref.rref_id)) == 1
    assert workers.owner.owned == {rref.rref_id: set()}
    assert workers.owner.drop(rref) == [Ended(rref.rref_id)]


def test_an_error_after_a_remote_call_to_oneself_has_ended_ends_its_fork(workers: Workers) -> None:
    rref = workers.owner.createOwnerRRef("int")
    call = workers.owner.call(OWNER, remote_call(rref))
    workers.bring(OWNER, call)
    workers.owner.setValue(rref.rref_id)
    assert workers.owner.drop(rref) == []
    failed = Failed(call, ERROR)
    assert workers.bring(OWNER, Send(OWNER, call.message_id, ERROR)) == [
        failed,
        Ended(rref.rref_id),
    ]
