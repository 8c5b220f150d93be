"""What the program does not wait for any more, takes back or leaves behind."""

from __future__ import annotations

from rref_proto import (
    IValue,
    RemoteException,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptCall,
    ScriptResp,
)
from rref_proto.context import (
    Confirmed,
    Ended,
    Send,
)

from workers import (
    CREATOR,
    FUNCTION,
    OTHER,
    OWNER,
    Workers,
    arguments,
    remote_call,
)

NOTHING = IValue.from_python(None)
ERROR = RemoteException("it failed")


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
