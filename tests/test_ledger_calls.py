"""What the ledger learns of calls: of the RRefs that they create, and of those inside them."""

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
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RecordedMessage,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefForkData,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    SerializedPyObj,
    omit_values,
    read_recording,
)
from rref_proto.ledger import Certainty, Remark
from rref_proto.passing import rrefs_passed_by

from captures import DATA
from one_of_each import FUNCTION
from strategies import calls, worker_ids

OWNER, CREATOR, CHILD = 0, 1, 2
RREF, FORK = RRefId(1, 0), ForkId(1, 1)
OWN = RRefId(0, 0), ForkId(0, 0)
NOTHING = SerializedPyObj.from_python(())
REMOTE_CALLS = [
    ScriptRemoteCall(FUNCTION, [], RREF, FORK).toMessage(),
    PythonRemoteCall(NOTHING, RREF, FORK, False).toMessage(),
    omit_values(PythonRemoteCall(NOTHING, RREF, FORK, False).toMessage()).message,
]
Seen = tuple[int, int, Message]
CALLED = (CREATOR, OWNER, REMOTE_CALLS[0].with_id(1))
RETURNED = (OWNER, CREATOR, RemoteRet(RREF, FORK).toMessage().with_id(1))
FAILED = (OWNER, CREATOR, RemoteException("cannot be read").toMessage().with_id(1))
DELETED = (CREATOR, OWNER, RRefUserDelete(RREF, FORK).toMessage().with_id(2))
OF_OWNER = RRefForkData(OWNER, RREF, ForkId(0, 9), OWNER, "PyObject")
FETCHED = (CREATOR, OWNER, ScriptRRefFetchCall(CREATOR, RREF).toMessage().with_id(3))


def ledger_of(*seen: Seen) -> Ledger:
    ledger = Ledger()
    for time, (sender, receiver, message) in enumerate(seen):
        # A call whose values were left out comes with its forks, of which these have none.
        passed = () if message == REMOTE_CALLS[2] else None
        ledger.observe(sender, receiver, message, time, passed)
    return ledger


def conversation() -> list[RecordedMessage]:
    records = list(read_recording((DATA / "calls-conversation.rref").read_bytes()))
    messages = [record for record in records if isinstance(record, RecordedMessage)]
    assert len(messages) == len(records) == 692
    return messages


def without_values(record: RecordedMessage) -> RecordedMessage:
    message, omitted, passed, _ = omit_values(record.message)
    return RecordedMessage(
        record.time,
        record.from_worker_id,
        record.to_worker_id,
        message,
        omitted_values=omitted,
        passed_rrefs=passed,
    )


@pytest.mark.parametrize("values", [True, False], ids=["with values", "without values"])
@pytest.mark.parametrize("copies", [1, 2], ids=["once", "twice"])
def test_the_ledger_of_a_conversation_is_what_the_workers_reported(
    values: bool, copies: int
) -> None:
    ledger = Ledger()
    for record in conversation():
        for _ in range(copies):
            ledger.observe_record(record if values else without_values(record))
    rrefs = Counter(owner for owner, _ in ledger.forks)
    forks = Counter(owner for (owner, _), forks in ledger.forks.items() for _ in forks)
    reported = json.loads((DATA / "calls-conversation.state.json").read_text(encoding="utf-8"))
    assert {
        f"w{worker}": {"owner_rrefs": rrefs[worker], "forks": forks[worker]} for worker in range(4)
    } == reported
    assert {fork.certainty for fork in ledger.held()} == {Certainty.KNOWN}
    assert list(ledger.unnamed()) == []
    if copies == 1:
        assert not ledger.remarks


def test_the_owners_of_a_conversation_made_forks_in_all_messages_with_values() -> None:
    made: Counter[str] = Counter()
    for record in conversation():
        for rref in rrefs_passed_by(record.message) or ():
            if record.from_worker_id == rref.owner_id != record.to_worker_id:
                made[record.message.type.name] += 1
    assert made == {"PYTHON_CALL": 7, "SCRIPT_RET": 5, "SCRIPT_CALL": 3, "SCRIPT_REMOTE_CALL": 1}


@pytest.mark.parametrize("call", REMOTE_CALLS, ids=["script", "python", "without values"])
def test_the_fork_of_a_remote_call_is_pending_until_it_is_answered(call: Message) -> None:
    # The owner counts it when the call arrives, which the sending of it does not show.
    called = (CREATOR, OWNER, call)
    (fork,) = ledger_of(called).held()
    assert (fork.owner, fork.rref_id, fork.fork_id, fork.holder) == (OWNER, RREF, FORK, CREATOR)
    assert (fork.since, fork.certainty) == (0, Certainty.PENDING)
    assert ledger_of(called).forks == {}
    assert list(ledger_of(called).unnamed()) == []
    answered = ledger_of(called, RETURNED)
    assert [fork.certainty for fork in answered.held()] == [Certainty.KNOWN]
    ended = ledger_of(called, RETURNED, DELETED)
    for ledger in (answered, ended):
        assert not ledger.remarks
    assert ended.held() == []


def test_a_creator_that_fetches_before_the_answer_has_no_other_fork() -> None:
    assert [fork.fork_id for fork in ledger_of(CALLED, FETCHED).held()] == [FORK]


def test_a_remote_call_to_oneself_leaves_no_fork() -> None:
    called = (OWNER, OWNER, ScriptRemoteCall(FUNCTION, [], *OWN).toMessage())
    returned = (OWNER, OWNER, RemoteRet(*OWN).toMessage())
    (fork,) = ledger_of(called).held()  # which the owner counts until then
    assert (fork.owner, fork.holder, fork.certainty) == (OWNER, OWNER, Certainty.PENDING)
    for ledger in (ledger_of(called, returned), ledger_of(returned)):
        assert ledger.held() == []
        assert not ledger.remarks


def test_a_remote_call_that_the_owner_refuses_leaves_no_fork() -> None:
    refused = ledger_of(CALLED, FAILED)
    assert refused.held() == []
    # libtorch's creator deletes it all the same.
    deleted = ledger_of(CALLED, FAILED, DELETED)
    assert deleted.held() == []
    for ledger in (refused, deleted):
        assert not ledger.remarks


@pytest.mark.parametrize(
    "other",
    [
        (OWNER, CREATOR, FAILED[2].with_id(2)),
        (OWNER, CREATOR, FAILED[2].with_id(None)),
        (OWNER, CHILD, FAILED[2]),
        (CHILD, CREATOR, FAILED[2]),
    ],
    ids=["another id", "no id", "to another", "from another"],
)
def test_the_failure_of_another_request_refuses_no_remote_call(other: Seen) -> None:
    assert [fork.fork_id for fork in ledger_of(CALLED, other).held()] == [FORK]
    later = (OWNER, CREATOR, FAILED[2])  # of a request with an id that is used again
    assert ledger_of(CALLED, RETURNED, later).forks == {(OWNER, RREF): {FORK: CREATOR}}


def passing(fork: RRefForkData) -> list[RpcCommandBase]:
    """Make a message of each class of calls and results with this RRef."""
    value, python = IValue("rref_value", fork), SerializedPyObj.from_python([fork])
    created = RRefId(2, 0), ForkId(2, 1)
    return [
        ScriptCall(FUNCTION, [value]),
        ScriptRemoteCall(FUNCTION, [value], *created),
        ScriptResp(value),
        PythonCall(python, False),
        PythonRemoteCall(python, *created, False),
        PythonResp(python),
    ]


@pytest.mark.parametrize("index", range(6), ids=lambda i: type(passing(OF_OWNER)[i]).__name__)
def test_an_owner_that_passes_its_rref_on_is_seen_in_every_call(index: int) -> None:
    def forks(sender: int, receiver: int, parent: int) -> dict[ForkId, int]:
        fork = RRefForkData(OWNER, RREF, ForkId(parent, 9), parent, "PyObject")
        message = passing(fork)[index].toMessage()
        ledger = ledger_of((sender, receiver, message))
        assert not ledger.remarks
        return ledger.forks.get((OWNER, RREF), {})

    assert forks(OWNER, CHILD, OWNER) == {ForkId(OWNER, 9): CHILD}
    assert forks(CREATOR, OWNER, CREATOR) == {}
    assert forks(OWNER, OWNER, OWNER) == {}
    assert forks(CREATOR, CHILD, CREATOR) == {}


def test_a_pickle_that_cannot_be_read_is_a_remark_and_the_rest_is_noted() -> None:
    unreadable = SerializedPyObj(b"no pickle")
    ledger = ledger_of(
        (CREATOR, OWNER, PythonRemoteCall(unreadable, RREF, FORK, False).toMessage())
    )
    assert ledger.remarks == {Remark.UNREADABLE_PICKLE: 1}
    assert [fork.fork_id for fork in ledger.held()] == [FORK]


def test_an_invalid_remote_call_is_refused_before_anything_is_noted() -> None:
    ledger = Ledger()
    proto = PythonRemoteCall(SerializedPyObj(b"no pickle"), RREF, FORK, False).toMessage().proto
    proto.python_remote_call.ClearField("ret_fork_id")
    for passed in (None, ()):
        with pytest.raises(DecodeError, match="ret_fork_id"):
            ledger.observe(CREATOR, OWNER, Message(proto), passed_rrefs=passed)
    assert not ledger.held()
    assert not list(ledger.unnamed())
    assert not ledger.remarks


PASSED = ScriptCall(FUNCTION, [IValue("rref_value", OF_OWNER)]).toMessage()
CONVERSATION = [CALLED, RETURNED, (OWNER, CHILD, PASSED), FETCHED, DELETED]


@given(st.lists(st.integers(0, 4), max_size=6))
def test_a_message_that_comes_twice_changes_nothing(repeated: list[int]) -> None:
    seen = list(CONVERSATION)
    for index in sorted(repeated, reverse=True):
        seen.insert(index + 1, seen[index])
    again = ledger_of(*seen, *(seen[index] for index in repeated))
    assert again.forks == ledger_of(*CONVERSATION).forks == {(OWNER, RREF): {ForkId(0, 9): CHILD}}


@given(st.randoms())
def test_the_forks_do_not_depend_on_the_order(shuffle: random.Random) -> None:
    seen = list(CONVERSATION)
    shuffle.shuffle(seen)
    assert ledger_of(*seen).forks == ledger_of(*CONVERSATION).forks


@given(st.lists(st.tuples(worker_ids, worker_ids, calls), max_size=6))
def test_forks_from_values_equal_forks_from_passed_rrefs(
    seen: list[tuple[int, int, RpcCommandBase]],
) -> None:
    whole, brief = Ledger(), Ledger()
    for time, (sender, receiver, command) in enumerate(seen):
        record = RecordedMessage(time, sender, receiver, command.toMessage())
        whole.observe_record(record)
        brief.observe_record(without_values(record))
    assert whole.held() == brief.held()
    assert list(whole.unnamed()) == list(brief.unnamed())
    del whole.remarks[Remark.UNREADABLE_PICKLE]
    assert whole.remarks == brief.remarks
