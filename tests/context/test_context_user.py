"""What a user does with its forks."""

from __future__ import annotations

from rref_proto import (
    ForkId,
    IValue,
    RemoteException,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRRefFetchRet,
)
from rref_proto.context import (
    Answered,
    Called,
    Confirmed,
    Ended,
    Failed,
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
    only,
    remote_call,
)

NOTHING = IValue.from_python(None)
ERROR = RemoteException("it failed")


def test_what_the_program_holds_has_libtorchs_accessors(workers: Workers) -> None:
    user, owner = workers.creator.createUserRRef(OWNER, "int"), workers.own()
    assert (user.isOwner(), user.owner(), user.rrefId()) == (False, OWNER, RRefId(CREATOR, 0))
    assert user.forkId() == ForkId(CREATOR, 1)
    assert (owner.isOwner(), owner.owner(), owner.rrefId()) == (True, OWNER, RRefId(OWNER, 0))


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
