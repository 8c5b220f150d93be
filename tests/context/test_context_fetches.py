"""How values are fetched, and what a fetch waits for."""

from __future__ import annotations

import pytest

from rref_proto import (
    IValue,
    PythonRRefFetchCall,
    RemoteException,
    RemoteRet,
    RRefAck,
    RRefId,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
)
from rref_proto.context import (
    Ended,
    Send,
    ValueWanted,
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
