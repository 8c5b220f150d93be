"""What the ledger learns of RRefs inside values, and of events."""

from __future__ import annotations

from typing import Any

import pytest

from rref_proto import (
    DecodeError,
    EventKind,
    ForkId,
    IValue,
    Ledger,
    Message,
    RecordedEvent,
    RecordedMessage,
    RRefForkData,
    RRefId,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    omit_values,
)
from rref_proto.ledger import Certainty, Remark
from rref_proto.v1 import message_pb2

OWNER, USER, OTHER = 0, 1, 2
RREF, FORK = RRefId(1, 0), ForkId(0, 1)
FETCHED = ScriptRRefFetchCall(USER, RREF).toMessage()
DELETED = RRefUserDelete(RREF, FORK).toMessage()


def passed(parent: int, fork_id: ForkId = FORK) -> Message:
    """Make a message whose value has an RRef of the owner, which `parent` passes on, twice."""
    value = IValue("rref_value", RRefForkData(OWNER, RREF, fork_id, parent, "Tensor"))
    return ScriptRRefFetchRet([IValue("tuple_value", [value, value])]).toMessage().with_id(7)


def observed(*seen: tuple[int, int, Message]) -> Ledger:
    ledger = Ledger()
    for time, (sender, receiver, message) in enumerate(seen):
        ledger.observe(sender, receiver, message, time)
    return ledger


def test_an_owner_knows_the_fork_that_it_makes_for_another_worker() -> None:
    ledger = observed((OWNER, USER, passed(OWNER)))
    assert ledger.forks == {(OWNER, RREF): {FORK: USER}}
    (fork,) = ledger.held()
    assert (fork.holder, fork.since, fork.certainty) == (USER, 0, Certainty.KNOWN)
    assert not ledger.remarks
    ended = observed((OWNER, USER, passed(OWNER)), (USER, OWNER, DELETED))
    assert not ended.held()
    assert not ended.remarks


@pytest.mark.parametrize(
    ("sender", "receiver", "parent"),
    [
        (OWNER, OWNER, OWNER),
        (USER, OWNER, USER),
        (USER, OTHER, USER),
        (USER, OTHER, OWNER),
        (OWNER, USER, USER),
    ],
    ids=["to itself", "a user to the owner", "a user to a user", "by another", "for another"],
)
def test_no_other_message_announces_the_fork_inside_it(
    sender: int, receiver: int, parent: int
) -> None:
    ledger = observed((sender, receiver, passed(parent)))
    assert not ledger.held()
    assert ledger.remarks == ({} if sender == parent else {Remark.PASSED_ON_BY_ANOTHER: 1})


def test_a_fork_inside_a_value_is_named() -> None:
    assert list(observed((OWNER, USER, passed(OWNER))).unnamed()) == [(OWNER, 0, 0)]
    assert list(observed((USER, OWNER, passed(USER, ForkId(1, 3)))).unnamed()) == [(USER, 1, 2)]


def test_a_fork_that_was_inferred_is_the_one_that_is_seen_later() -> None:
    seen = [(USER, OWNER, FETCHED), (OWNER, USER, passed(OWNER))]
    for order in (seen, seen[::-1]):
        assert [fork.fork_id for fork in observed(*order).held()] == [FORK]
        assert not observed(*order, (USER, OWNER, DELETED)).held()


def test_a_message_with_values_that_comes_late_or_twice_is_a_remark() -> None:
    twice = observed((OWNER, USER, passed(OWNER)), (OWNER, USER, passed(OWNER)))
    assert twice.remarks == {Remark.REPEATED_ANNOUNCEMENT: 1}
    late = observed((USER, OWNER, DELETED), (OWNER, USER, passed(OWNER)))
    assert late.remarks == {Remark.UNANNOUNCED_DELETE: 1, Remark.LATE_ANNOUNCEMENT: 1}
    assert not late.held()


def test_what_is_recorded_without_values_tells_the_same() -> None:
    whole = passed(OWNER)
    left = omit_values(whole)
    record = RecordedMessage(
        5,
        OWNER,
        USER,
        left.message,
        omitted_values=left.omitted_values,
        passed_rrefs=left.passed_rrefs,
    )
    for each in (RecordedMessage(5, OWNER, USER, whole), record):
        ledger = Ledger()
        ledger.observe_record(each)
        assert [fork.since for fork in ledger.held()] == [5]
        assert ledger.forks == {(OWNER, RREF): {FORK: USER}}
    forkless = omit_values(ScriptRRefFetchRet([IValue.from_python(1)]).toMessage())
    ledger.observe_record(
        RecordedMessage(6, OWNER, USER, forkless.message, omitted_values=forkless.omitted_values)
    )
    assert ledger.forks == {(OWNER, RREF): {FORK: USER}}


def test_the_forks_of_an_unknown_message_are_noted() -> None:
    ledger = Ledger()
    rref = RRefForkData(OWNER, RREF, FORK, OWNER, "Tensor")
    ledger.observe(OWNER, USER, Message(message_pb2.Message()), passed_rrefs=[rref])
    assert ledger.forks == {(OWNER, RREF): {FORK: USER}}
    assert ledger.remarks == {Remark.UNKNOWN_MESSAGE: 1}


def test_an_invalid_value_is_refused_before_anything_is_noted() -> None:
    ledger = Ledger()
    proto = passed(OWNER).proto
    proto.script_rref_fetch_ret.values.add()
    with pytest.raises(DecodeError):
        ledger.observe(OWNER, USER, Message(proto))
    assert not ledger.held()
    assert not list(ledger.unnamed())


@pytest.mark.parametrize("wrong", [5, ["x"], [None]], ids=repr)
def test_refuses_passed_rrefs_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match="passed_rrefs: expected"):
        Ledger().observe(OWNER, USER, FETCHED, passed_rrefs=wrong)


@pytest.mark.parametrize("wrong", [5, None, FETCHED], ids=["int", "None", "Message"])
def test_refuses_records_and_events_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match="record: expected"):
        Ledger().observe_record(wrong)
    with pytest.raises(TypeError, match="event: expected"):
        Ledger().observe_event(wrong)


def test_events_tell_when_a_worker_began_to_shut_down_and_ended() -> None:
    ledger = Ledger()
    for time in (5, 3, 4):  # the first beginning and the last end count
        ledger.observe_record(RecordedEvent(time, USER, EventKind.SHUTDOWN_BEGAN))
        ledger.observe_record(RecordedEvent(time + 10, OTHER, EventKind.RECORDING_ENDED))
    ledger.observe_record(RecordedEvent(1, OWNER, 77))
    assert ledger.shutdown_began == {USER: 3}
    assert ledger.ended == {OTHER: 15}
    assert not ledger.held()
    assert not ledger.remarks
