"""The rules of the protocol one by one, each in a short conversation."""

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
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
)
from rref_proto.context import (
    Answered,
    Called,
    Confirmed,
    Ended,
    Failed,
    OwnerRRef,
    Send,
    UserRRef,
    ValueWanted,
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


@pytest.fixture
def workers() -> Workers:
    return Workers()


def test_what_the_program_holds_has_libtorchs_accessors(workers: Workers) -> None:
    user, owner = workers.creator.createUserRRef(OWNER, "int"), workers.own()
    assert (user.isOwner(), user.owner(), user.rrefId()) == (False, OWNER, RRefId(CREATOR, 0))
    assert user.forkId() == ForkId(CREATOR, 1)
    assert (owner.isOwner(), owner.owner(), owner.rrefId()) == (True, OWNER, RRefId(OWNER, 0))


# A user's fork.


def test_a_fork_of_a_remote_call_ends_when_it_is_confirmed(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    assert workers.creator.getDebugInfo()["num_pending_users"] == 1
    assert workers.creator.drop(rref) == []
    workers.bring(CREATOR, call)
    assert workers.owner.owned == {rref.rref_id: {rref.fork_id}}
    (returned,) = workers.owner.setValue(rref.rref_id)
    assert returned == Send(CREATOR, call.message_id, RemoteRet(rref.rref_id, rref.fork_id))
    confirmed, delete = workers.bring(OWNER, returned)
    assert confirmed == Confirmed(rref)
    assert delete == Send(OWNER, 1, RRefUserDelete(rref.rref_id, rref.fork_id))
    assert workers.bring(CREATOR, delete) == [Send(CREATOR, 1, RRefAck()), Ended(rref.rref_id)]
    assert workers.owner.owned == {}


def test_a_fork_of_a_user_is_asked_for_and_then_accepted(workers: Workers) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    assert isinstance(received, UserRRef)
    assert request.command == RRefForkRequest(rref.rref_id, received.fork_id)
    assert workers.other.drop(received) == []  # it is not confirmed
    (acknowledged,) = workers.bring(OTHER, request)
    assert workers.owner.owned[rref.rref_id] == {rref.fork_id, received.fork_id}
    accept, confirmed, delete = workers.bring(OWNER, acknowledged)
    assert accept == Send(CREATOR, 1, RRefChildAccept(received.fork_id))
    assert confirmed == Confirmed(received)
    assert delete == Send(OWNER, 2, RRefUserDelete(rref.rref_id, received.fork_id))


def test_a_fork_does_not_end_before_its_children_are_accepted(workers: Workers) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    assert workers.creator.drop(rref) == []
    assert workers.creator.getDebugInfo()["num_pending_children"] == 1
    (acknowledged,) = workers.bring(OTHER, request)
    accept = workers.bring(OWNER, acknowledged)[0]
    assert isinstance(accept, Send)
    _, delete = workers.bring(OTHER, accept)
    assert delete == Send(OWNER, 2, RRefUserDelete(rref.rref_id, rref.fork_id))
    assert workers.other.held == (received,)


def test_a_fork_does_not_end_before_its_fetches_are_answered(workers: Workers) -> None:
    rref = workers.created()
    fetches = [workers.creator.fetch(rref), workers.creator.fetch(rref)]
    assert workers.creator.drop(rref) == []
    for fetch, ends in zip(fetches, (False, True), strict=True):
        assert workers.bring(CREATOR, fetch) == [ValueWanted(CREATOR, fetch[1], fetch.command)]
        (answer,) = workers.owner.answer(CREATOR, fetch[1], ScriptRRefFetchRet([NOTHING]))
        assert isinstance(answer, Send)
        effects = workers.bring(OWNER, answer)
        assert effects[0] == Answered(fetch[1], answer.command, {})
        assert len(effects) == 1 + ends
        # A copy of the answer is not taken as the answer to the other fetch.
        assert workers.bring(OWNER, answer) == []


def test_a_fork_that_is_not_confirmed_can_be_passed_on_and_fetched(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    assert isinstance(received, UserRRef)
    fetch = workers.other.fetch(received)
    # Both overtake the remote call.
    assert workers.bring(OTHER, fetch) == []
    assert workers.bring(OTHER, request)[0] == Send(OTHER, 0, RRefAck())
    assert workers.owner.owned == {rref.rref_id: {received.fork_id}}
    assert isinstance(workers.bring(CREATOR, call)[0], Called)
    returned, wanted = workers.owner.setValue(rref.rref_id)
    assert isinstance(returned, Send)
    assert wanted == ValueWanted(OTHER, fetch.message_id, fetch.command)


def test_an_error_in_answer_to_a_remote_call_ends_the_fork(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    refused = Send(CREATOR, call.message_id, ERROR)
    assert workers.bring(OWNER, refused) == [Failed(call, ERROR)]
    assert workers.creator.getDebugInfo()["num_pending_users"] == 0
    assert workers.creator.drop(rref) == []
    assert workers.creator.is_idle


def test_an_error_in_answer_to_a_message_about_forks_leaves_all_as_it_was(
    workers: Workers,
) -> None:
    rref = workers.created()
    received, (request,) = workers.passed_on(CREATOR, rref, OTHER)
    assert workers.bring(OWNER, Send(OTHER, 0, ERROR)) == [Failed(request, ERROR)]
    assert workers.other.held == (received,)
    # The same message, once more.
    workers.bring_all(OTHER, [request])
    assert workers.other.awaiting == ()
    assert workers.creator.getDebugInfo()["num_pending_children"] == 0


def test_a_fork_that_comes_twice_is_one_fork_and_is_dropped_twice(workers: Workers) -> None:
    rref = workers.created()
    fork = workers.creator.prepareChildFork(rref, OTHER)
    call = workers.creator.call(OTHER, ScriptCall(FUNCTION, arguments(fork, fork)))
    called, request = reversed(workers.bring(CREATOR, call))
    assert isinstance(called, Called)
    assert isinstance(request, Send)
    again = workers.other.receive(CREATOR, 7, call.command)
    assert [type(effect) for effect in again] == [Called]  # no second request
    (received,) = called.rrefs.values()
    workers.bring_all(OTHER, [request])
    confirmed = workers.other.receive(CREATOR, 8, call.command)
    assert [type(effect) for effect in confirmed] == [Called]
    assert workers.other.drop(received) == workers.other.drop(received) == []
    assert len(workers.other.drop(received)) == 1


def test_a_fork_of_the_owner_that_comes_twice_is_one_fork(workers: Workers) -> None:
    fork = workers.owner.prepareChildFork(workers.own(), OTHER)
    call = workers.owner.call(OTHER, ScriptCall(FUNCTION, arguments(fork)))
    rrefs = only(workers.bring(OWNER, call), Called).rrefs
    assert only(workers.other.receive(OWNER, 7, call.command), Called).rrefs == rrefs
    assert workers.other.drop(rrefs[fork.fork_id]) == []
    assert len(workers.other.drop(rrefs[fork.fork_id])) == 1


# Own RRefs.


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


# Fetches.


def test_the_type_says_how_a_value_is_fetched(workers: Workers) -> None:
    for type_str, expected in (("int", ScriptRRefFetchCall), ("PyObject", PythonRRefFetchCall)):
        rref = workers.creator.createUserRRef(OWNER, type_str)
        workers.creator.call(OWNER, remote_call(rref))
        assert workers.creator.fetch(rref).command == expected(CREATOR, rref.rref_id)


def test_a_fetch_waits_for_the_value_of_the_owners_program(workers: Workers) -> None:
    rref = workers.owner.createOwnerRRef("int")
    fetch = ScriptRRefFetchCall(OTHER, rref.rref_id)
    assert workers.owner.receive(OTHER, 5, fetch) == []
    call = workers.owner.call(OWNER, remote_call(rref))
    assert workers.owner.receive(OTHER, 6, fetch) == []
    workers.bring(OWNER, call)
    assert workers.owner.receive(OTHER, 7, fetch) == []
    _, *wanted = workers.owner.setValue(rref.rref_id)
    assert wanted == [ValueWanted(OTHER, number, fetch) for number in (5, 6, 7)]


def test_a_remote_call_that_fails_returns_and_its_error_waits_for_the_fetch(
    workers: Workers,
) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    workers.bring(CREATOR, workers.creator.call(OWNER, remote_call(rref)))
    early = workers.creator.fetch(rref)
    assert workers.bring(CREATOR, early) == []
    returned, answer = workers.owner.setError(rref.rref_id, ERROR)
    assert isinstance(returned, Send)
    assert isinstance(returned.command, RemoteRet)
    assert answer == Send(CREATOR, early.message_id, ERROR)
    late = workers.creator.fetch(rref)
    assert workers.bring(CREATOR, late) == [Send(CREATOR, late.message_id, ERROR)]


def test_a_value_is_kept_until_the_fetch_is_answered(workers: Workers) -> None:
    rref = workers.created()
    fetch = workers.creator.fetch(rref)
    workers.bring(CREATOR, fetch)
    # The user that asked is gone, and another worker tells of the end of its fork.
    delete = RRefUserDelete(rref.rref_id, rref.fork_id)
    assert workers.owner.receive(OTHER, 0, delete) == [Send(OTHER, 0, RRefAck())]
    answer = ScriptRRefFetchRet([NOTHING])
    effects = workers.owner.answer(CREATOR, fetch.message_id, answer)
    assert effects == [Send(CREATOR, fetch.message_id, answer), Ended(rref.rref_id)]


def test_a_fetch_that_waits_too_long_can_be_answered_with_an_error(workers: Workers) -> None:
    rref_id = RRefId(CREATOR, 99)
    assert workers.owner.receive(OTHER, 5, ScriptRRefFetchCall(OTHER, rref_id)) == []
    assert workers.owner.owned == {rref_id: set()}
    assert workers.owner.answer(OTHER, 5, ERROR) == [Send(OTHER, 5, ERROR)]
    assert workers.owner.is_idle


@pytest.mark.parametrize("is_own", [True, False])
def test_a_fetch_of_an_rref_that_has_ended_is_answered_with_an_error(
    workers: Workers, is_own: bool
) -> None:
    if is_own:
        own = workers.own()
        workers.owner.drop(own)
        rref_id = own.rref_id
    else:
        rref = workers.created()
        workers.bring_all(CREATOR, workers.creator.drop(rref))
        rref_id = rref.rref_id
    (answer,) = workers.owner.receive(OTHER, 5, ScriptRRefFetchCall(OTHER, rref_id))
    assert isinstance(answer, Send)
    assert isinstance(answer.command, RemoteException)
    assert workers.owner.is_idle


def test_each_copy_of_a_fetch_is_answered(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    workers.bring(CREATOR, workers.creator.call(OWNER, remote_call(rref)))
    fetch = workers.creator.fetch(rref)
    assert workers.bring(CREATOR, fetch) == workers.bring(CREATOR, fetch) == []
    wanted = workers.owner.setValue(rref.rref_id)[1:]
    assert wanted == [ValueWanted(CREATOR, fetch.message_id, fetch.command)] * 2
    answer = ScriptRRefFetchRet([NOTHING])
    for _ in range(2):
        assert len(workers.owner.answer(CREATOR, fetch.message_id, answer)) == 1


# Refusing, copies, late messages.


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


# What the program gives up.


def test_a_late_answer_has_its_forks_accepted_and_dropped(workers: Workers) -> None:
    rref = workers.created()
    call = workers.other.call(CREATOR, ScriptCall(FUNCTION, []))
    workers.bring(OTHER, call)
    fork = workers.creator.prepareChildFork(rref, OTHER)
    (answer,) = workers.creator.answer(OTHER, 0, ScriptResp(*arguments(fork)))
    assert isinstance(answer, Send)
    assert workers.other.abandon(call) == []
    late = workers.bring(CREATOR, answer)
    assert [type(send.command) for send in late if isinstance(send, Send)] == [RRefForkRequest]
    assert [type(event) for event in workers.bring_all(OTHER, late)] == [Confirmed]
    assert workers.other.is_idle
    assert workers.bring(CREATOR, answer) == []  # a copy: the fork has ended
    assert workers.creator.getDebugInfo()["num_pending_children"] == 0


def test_a_late_answer_with_an_own_rref_has_it_accepted_and_dropped(workers: Workers) -> None:
    rref = workers.created()
    call = workers.owner.call(CREATOR, ScriptCall(FUNCTION, []))
    workers.bring(OWNER, call)
    fork = workers.creator.prepareChildFork(rref, OWNER)
    (answer,) = workers.creator.answer(OWNER, 0, ScriptResp(*arguments(fork)))
    assert isinstance(answer, Send)
    workers.owner.abandon(call)
    (accept,) = workers.bring(CREATOR, answer)
    assert isinstance(accept, Send)
    assert accept.command == RRefChildAccept(fork.fork_id)
    assert workers.owner.owned == {rref.rref_id: {rref.fork_id}}


def test_a_fetch_that_is_abandoned_does_not_keep_the_fork(workers: Workers) -> None:
    rref = workers.created()
    fetch = workers.creator.fetch(rref)
    workers.creator.drop(rref)
    (delete,) = workers.creator.abandon(fetch)
    assert isinstance(delete, Send)
    assert isinstance(delete.command, RRefUserDelete)


def test_the_answer_to_a_remote_call_is_still_awaited(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    call = workers.creator.call(OWNER, remote_call(rref))
    assert workers.creator.abandon(call) == []
    assert workers.creator.awaiting == (call,)


def test_a_call_that_was_not_sent_has_passed_nothing_on(workers: Workers) -> None:
    rref, own = workers.created(), workers.own()
    forks = [workers.creator.prepareChildFork(rref, OTHER)]
    call = workers.creator.call(OTHER, ScriptCall(FUNCTION, arguments(*forks)))
    assert workers.creator.unsend(call) == []
    assert workers.creator.getDebugInfo()["num_pending_children"] == 0
    forks = [workers.owner.prepareChildFork(own, OTHER)]
    call = workers.owner.call(OTHER, ScriptCall(FUNCTION, arguments(*forks)))
    assert workers.owner.unsend(call) == []
    assert workers.owner.owned[own.rref_id] == set()
    assert workers.owner.awaiting == ()


def test_a_remote_call_that_was_not_sent_can_be_sent_again_or_dropped(workers: Workers) -> None:
    rref = workers.creator.createUserRRef(OWNER, "int")
    for _ in range(2):
        call = workers.creator.call(OWNER, remote_call(rref))
        assert workers.creator.unsend(call) == []
    assert workers.creator.drop(rref) == []
    own = workers.creator.createOwnerRRef("int")
    assert workers.creator.unsend(workers.creator.call(CREATOR, remote_call(own))) == []
    assert workers.creator.drop(own) == []
    assert workers.creator.is_idle


def test_a_fetch_that_was_not_sent_does_not_keep_the_fork(workers: Workers) -> None:
    rref = workers.created()
    fetch = workers.creator.fetch(rref)
    workers.creator.drop(rref)
    assert len(workers.creator.unsend(fetch)) == 1


def test_a_message_about_forks_that_was_not_sent_is_still_to_be_sent(workers: Workers) -> None:
    rref = workers.created()
    (delete,) = workers.creator.drop(rref)
    assert isinstance(delete, Send)
    assert workers.creator.unsend(delete) == []
    assert workers.creator.awaiting == (delete,)


def test_an_answer_that_was_not_sent_has_passed_nothing_on(workers: Workers) -> None:
    own = workers.own()
    workers.bring(OTHER, workers.other.call(OWNER, ScriptCall(FUNCTION, [])))
    fork = workers.owner.prepareChildFork(own, OTHER)
    (answer,) = workers.owner.answer(OTHER, 0, ScriptResp(*arguments(fork)))
    assert isinstance(answer, Send)
    assert workers.owner.unsend(answer) == []
    assert workers.owner.owned == {own.rref_id: set()}


def test_a_fork_that_is_cancelled_keeps_nothing(workers: Workers) -> None:
    rref = workers.created()
    fork = workers.creator.prepareChildFork(rref, OTHER)
    assert not workers.creator.is_idle
    workers.creator.drop(rref)
    (delete,) = workers.creator.cancelChildFork(fork)
    assert isinstance(delete, Send)
    assert isinstance(delete.command, RRefUserDelete)


def test_a_worker_that_leaves_lets_go_of_all_and_is_idle_at_the_end(workers: Workers) -> None:
    rref, own = workers.created(), workers.own()
    received, requests = workers.passed_on(CREATOR, rref, OTHER)
    workers.passed_on(OWNER, own, OTHER)
    workers.other.answer(CREATOR, 1, ERROR)
    workers.other.answer(OWNER, 0, ERROR)
    effects = workers.other.delAllUsersAndUnforkedOwners()
    assert len(effects) == 1  # that of the own RRef; the other is not confirmed
    assert not workers.other.is_idle
    events = workers.bring_all(OTHER, [*effects, *requests])
    assert events == [Confirmed(received)]
    assert workers.other.is_idle
    assert workers.owner.delAllUsersAndUnforkedOwners() == [Ended(own.rref_id)]
