"""Who holds which fork of which RRef, worked out from messages."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Ledger,
    Message,
    PythonResp,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptResp,
    ScriptRRefFetchCall,
    SerializedPyObj,
    read_recording,
)
from rref_proto.ledger import Certainty, Evidence, Remark
from rref_proto.recording import Record
from rref_proto.v1 import message_pb2

from captures import DATA
from strategies import fork_ids, messages, worker_ids

OWNER, CREATOR, CHILD = 0, 1, 2
RREF, FORK, CHILD_FORK = RRefId(1, 0), ForkId(1, 1), ForkId(1, 2)
CREATED = (OWNER, CREATOR, RemoteRet(RREF, FORK).toMessage().with_id(1))
ASKED = (CHILD, OWNER, RRefForkRequest(RREF, CHILD_FORK).toMessage().with_id(2))
GRANTED = (OWNER, CHILD, RRefAck().toMessage().with_id(2))
ACCEPTED = (CHILD, CREATOR, RRefChildAccept(CHILD_FORK).toMessage().with_id(3))
DELETED = (CHILD, OWNER, RRefUserDelete(RREF, CHILD_FORK).toMessage().with_id(4))
FETCHED = (CHILD, OWNER, ScriptRRefFetchCall(CHILD, RREF).toMessage().with_id(5))

# By worker 2, as the message says; but worker 1 sends it.
PASSED_ON = ScriptResp(
    IValue("rref_value", RRefForkData(OWNER, RREF, ForkId(2, 7), 2, "int"))
).toMessage()

Seen = tuple[int, int, Message]


def ledger_of(*seen: Seen) -> Ledger:
    ledger = Ledger()
    for time, (sender, receiver, message) in enumerate(seen):
        ledger.observe(sender, receiver, message, time)
    return ledger


def recording(name: str) -> list[Record]:
    return list(read_recording((DATA / f"{name}.rref").read_bytes()))


def test_the_ledger_of_holding_is_what_the_workers_reported() -> None:
    ledger = Ledger()
    for record in recording("holding"):
        ledger.observe_record(record)
    rrefs = Counter(owner for owner, _ in ledger.forks)
    forks = Counter(owner for (owner, _), forks in ledger.forks.items() for _ in forks)
    assert forks == {1: 10, 3: 9}
    # Worker 1 reports one more: a fork that it made of its own RRef. No message names that fork, so
    # its number is left out.
    assert list(ledger.unnamed()) == [(1, 5, 5)]
    forks[1] += 1
    reported = json.loads((DATA / "holding.state.json").read_text(encoding="utf-8"))
    assert {
        f"w{worker}": {"owner_rrefs": rrefs[worker], "forks": forks[worker]} for worker in range(4)
    } == reported
    assert not ledger.remarks


def test_the_ledger_of_lifecycle_ends_empty() -> None:
    ledger = Ledger()
    for record in recording("lifecycle"):
        ledger.observe_record(record)
    assert ledger.forks == {}
    assert ledger.held() == []
    assert list(ledger.unnamed()) == []
    assert not ledger.remarks


def test_follows_a_fork_from_the_request_to_the_end() -> None:
    assert ledger_of(CREATED).forks == {(OWNER, RREF): {FORK: CREATOR}}
    asked = ledger_of(CREATED, ASKED)
    assert asked.forks == {(OWNER, RREF): {FORK: CREATOR}}
    assert [(fork.fork_id, fork.certainty) for fork in asked.held()] == [
        (FORK, Certainty.KNOWN),
        (CHILD_FORK, Certainty.PENDING),
    ]
    both = {(OWNER, RREF): {FORK: CREATOR, CHILD_FORK: CHILD}}
    assert ledger_of(CREATED, ASKED, GRANTED).forks == both
    assert ledger_of(CREATED, ASKED, ACCEPTED).forks == both
    assert ledger_of(CREATED, ASKED, GRANTED, ACCEPTED, DELETED).forks == ledger_of(CREATED).forks
    only = ledger_of(ASKED, GRANTED, DELETED)
    assert only.forks == {}
    assert not only.remarks


@given(st.lists(st.integers(0, 4), max_size=6))
def test_a_message_that_comes_twice_changes_nothing(repeated: list[int]) -> None:
    seen = [CREATED, ASKED, GRANTED, ACCEPTED, DELETED]
    expected = ledger_of(*seen).forks
    for index in sorted(repeated, reverse=True):
        seen.insert(index + 1, seen[index])
    assert ledger_of(*seen, *(seen[index] for index in repeated)).forks == expected


@given(st.randoms())
def test_a_deleted_fork_stays_deleted_in_any_order(shuffle: random.Random) -> None:
    seen = [CREATED, ASKED, GRANTED, ACCEPTED, DELETED]
    shuffle.shuffle(seen)
    assert CHILD_FORK not in ledger_of(*seen).forks[OWNER, RREF]


def test_an_owner_that_created_for_itself_holds_nothing() -> None:
    own = (OWNER, OWNER, RemoteRet(RRefId(0, 0), ForkId(0, 0)).toMessage())
    ledger = ledger_of(own)
    assert ledger.forks == {}
    assert ledger.held() == []
    assert not ledger.remarks


def test_says_what_it_cannot_explain() -> None:
    cases = {
        Remark.UNANNOUNCED_DELETE: [DELETED],
        Remark.REPEATED_DELETE: [ASKED, GRANTED, DELETED, DELETED],
        Remark.REPEATED_ANNOUNCEMENT: [CREATED, CREATED],
        Remark.LATE_ANNOUNCEMENT: [ASKED, GRANTED, DELETED, ASKED],
        Remark.DELETE_BY_ANOTHER: [CREATED, (2, 0, RRefUserDelete(RREF, FORK).toMessage())],
        Remark.FORK_OF_ANOTHER_RREF: [CREATED, (0, 1, RemoteRet(RRefId(1, 7), FORK).toMessage())],
        Remark.FETCH_AFTER_DELETE: [ASKED, GRANTED, DELETED, FETCHED],
        Remark.PASSED_ON_BY_ANOTHER: [(1, 0, PASSED_ON)],
        Remark.UNKNOWN_REQUEST: [GRANTED],
        Remark.UNREADABLE_PICKLE: [(0, 1, PythonResp(SerializedPyObj(b"")).toMessage())],
        Remark.UNKNOWN_MESSAGE: [(0, 1, Message(message_pb2.Message()))],
    }
    assert set(cases) == set(Remark) - {Remark.UNREADABLE_MESSAGE}  # of records only
    for remark, seen in cases.items():
        assert ledger_of(*seen).remarks == {remark: 1}
    assert ledger_of(ASKED, ASKED, GRANTED).remarks == {Remark.REPEATED_ANNOUNCEMENT: 1}


def test_a_delete_before_the_announcement_wins() -> None:
    late = ledger_of(DELETED, ASKED, GRANTED)
    assert late.forks == {}
    assert late.remarks == {Remark.UNANNOUNCED_DELETE: 1, Remark.LATE_ANNOUNCEMENT: 1}
    deleted = (CREATOR, OWNER, RRefUserDelete(RREF, FORK).toMessage())
    assert ledger_of(deleted, CREATED).forks == {}


def test_without_ids_the_oldest_request_is_acknowledged() -> None:
    def unnumbered(seen: Seen) -> Seen:
        return (*seen[:2], seen[2].with_id(None))

    other = (CHILD, OWNER, RRefForkRequest(RREF, ForkId(1, 9)).toMessage())
    ledger = ledger_of(unnumbered(ASKED), other, GRANTED)
    assert ledger.forks == {(OWNER, RREF): {CHILD_FORK: CHILD}}


def test_a_worker_that_fetches_without_a_fork_has_one_that_nobody_announced() -> None:
    inferred = ledger_of(FETCHED)
    (fork,) = inferred.held()
    assert (fork.holder, fork.fork_id, fork.certainty) == (CHILD, None, Certainty.INFERRED)
    assert inferred.forks == {}
    assert ledger_of(FETCHED, DELETED).held() == []
    early = (CREATOR, OWNER, FETCHED[2])
    assert [fork.certainty for fork in ledger_of(early, CREATED).held()] == [Certainty.KNOWN]
    for seen in ([FETCHED, ASKED], [ASKED, FETCHED]):  # the fetch can be recorded too early
        assert [fork.certainty for fork in ledger_of(*seen).held()] == [Certainty.PENDING]
    assert len(ledger_of(ASKED, GRANTED, FETCHED, FETCHED).held()) == 1


def test_forks_are_held_since_their_announcement_the_oldest_first() -> None:
    fetched = (3, OWNER, FETCHED[2])
    held = ledger_of(DELETED, ASKED, CREATED, fetched).held()
    assert [(fork.fork_id, fork.since) for fork in held] == [(FORK, 2), (None, 3)]


def test_each_fork_tells_what_told_of_it() -> None:
    cases = {
        Evidence.REMOTE_RET: [CREATED],
        Evidence.FORK_REQUEST: [ASKED],
        Evidence.ACKNOWLEDGEMENT: [ASKED, GRANTED],
        Evidence.CHILD_ACCEPT: [ASKED, ACCEPTED],
        Evidence.FETCH: [FETCHED],
    }
    for evidence, seen in cases.items():
        assert [fork.evidence for fork in ledger_of(*seen).held()] == [evidence]


def test_a_fetch_after_the_delete_of_the_fork_is_a_remark_and_no_other_fork() -> None:
    late = ledger_of(ASKED, GRANTED, DELETED, FETCHED)
    assert late.held() == []
    assert late.remarks == {Remark.FETCH_AFTER_DELETE: 1}
    other = (CHILD, OWNER, ScriptRRefFetchCall(CHILD, RRefId(1, 7)).toMessage())
    assert len(ledger_of(ASKED, GRANTED, DELETED, other).held()) == 1


def test_a_delete_by_another_worker_than_the_holder_is_a_remark() -> None:
    # libtorch's owner does not look at who sends it.
    ledger = ledger_of(CREATED, (CHILD, OWNER, RRefUserDelete(RREF, FORK).toMessage()))
    assert ledger.held() == []
    assert ledger.remarks == {Remark.DELETE_BY_ANOTHER: 1}


def test_one_fork_of_two_rrefs_is_a_remark_and_each_owner_counts_it() -> None:
    other = RRefId(1, 7)
    again = (OWNER, CREATOR, RemoteRet(other, FORK).toMessage())
    ledger = ledger_of(CREATED, again)
    assert ledger.forks == {(OWNER, RREF): {FORK: CREATOR}, (OWNER, other): {FORK: CREATOR}}
    assert ledger.remarks == {Remark.FORK_OF_ANOTHER_RREF: 1}
    deletes = [(CREATOR, OWNER, RRefUserDelete(each, FORK).toMessage()) for each in (RREF, other)]
    assert ledger_of(CREATED, again, *deletes).held() == []
    asked = (CREATOR, OWNER, RRefForkRequest(other, FORK).toMessage())
    assert ledger_of(CREATED, asked).forks == {(OWNER, RREF): {FORK: CREATOR}}
    assert ledger_of(CREATED, asked).remarks == {Remark.FORK_OF_ANOTHER_RREF: 1}
    # A delete that names another RRef does not end the fork.
    assert ledger_of(CREATED, deletes[1]).forks == {(OWNER, RREF): {FORK: CREATOR}}
    assert ledger_of(ASKED, (CHILD, OWNER, RRefUserDelete(other, CHILD_FORK).toMessage())).held()


@given(st.lists(st.tuples(worker_ids, worker_ids, messages), max_size=12))
def test_any_conversation_can_be_followed(seen: list[Seen]) -> None:
    ledger = ledger_of(*seen)
    held = {(fork.owner, fork.rref_id, fork.fork_id) for fork in ledger.held()}
    assert {(*rref, fork) for rref, forks in ledger.forks.items() for fork in forks} <= held


def test_an_invalid_message_is_refused_before_it_is_noted() -> None:
    ledger = ledger_of(CREATED)
    broken = Message(message_pb2.Message(rref_user_delete={"rref_id": {"created_on": 1}}))
    with pytest.raises(DecodeError):
        ledger.observe(CREATOR, OWNER, broken)
    assert ledger.forks == {(OWNER, RREF): {FORK: CREATOR}}
    with pytest.raises(TypeError, match="expected"):
        ledger.observe(CREATOR, OWNER, "message")  # type: ignore[arg-type]


def delete(fork_id: ForkId) -> Seen:
    return CHILD, OWNER, RRefUserDelete(RREF, fork_id).toMessage()


# Some numbers are neighbours, some are far from each other.
some_fork_ids = st.sets(st.builds(ForkId, st.integers(-1, 1), st.integers(-2000, 2000)) | fork_ids)


@given(some_fork_ids, some_fork_ids)
def test_exactly_the_forks_that_were_deleted_are_known_as_deleted(
    deleted: set[ForkId], others: set[ForkId]
) -> None:
    ledger = ledger_of(*map(delete, deleted), *map(delete, others))
    assert ledger.remarks[Remark.UNANNOUNCED_DELETE] == len(deleted | others)
    assert ledger.remarks[Remark.REPEATED_DELETE] == len(deleted & others)


def accept(number: int) -> Seen:
    """Name one fork without an RRef."""
    return CHILD, CREATOR, RRefChildAccept(ForkId(7, number)).toMessage()


@given(st.sets(st.integers(0, 5000), min_size=1))
def test_the_numbers_that_are_left_out_are_unnamed(numbers: set[int]) -> None:
    unnamed = ledger_of(*map(accept, numbers)).unnamed()
    left_out = {number for _, first, last in unnamed for number in range(first, last + 1)}
    assert left_out == set(range(max(numbers))) - numbers


def test_a_hostile_number_makes_no_work() -> None:
    ledger = ledger_of(*map(accept, (2**63 - 1, -(2**63), 0)))
    assert list(ledger.unnamed()) == [(7, 1, 2**63 - 2)]
