"""What the ledger doubts: it never is certain of a wrong count."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_job import Counts, SimulatedJob

from rref_proto import (
    EventKind,
    ForkId,
    IValue,
    Ledger,
    Message,
    MessageType,
    RecordedEvent,
    RecordedMessage,
    RemoteException,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptResp,
    omit_values,
)
from rref_proto.ledger import Doubt, Evidence, Reason, Remark
from rref_proto.libtorch import NativeMessage
from rref_proto.recording import Record
from rref_proto.v1 import message_pb2

WORKERS = 3


class Job(NamedTuple):
    """The records of a job that has ended, and what its owners counted at a moment before."""

    records: list[Record]
    moment: int
    forks: Counts


def job_of(seed: int, steps: int, later_steps: int = 4) -> Job:
    job = SimulatedJob(WORKERS, seed)
    for _ in range(steps):
        job.step()
    moment, forks = job.now, deepcopy(job.forks)
    for _ in range(later_steps):
        job.step()
    job.end()
    return Job(job.records, moment, forks)


jobs = st.builds(job_of, st.integers(0, 2**32), st.integers(0, 25))


def ledger_of(records: list[Record], at: int | None = None) -> Ledger:
    ledger = Ledger(at)
    for record in records:
        ledger.observe_record(record)
    return ledger


def reasons(ledger: Ledger) -> set[Reason | Remark]:
    return {doubt.reason for doubt in ledger.doubts()}


@given(jobs)
def test_the_ledger_of_a_whole_recording_is_exact(job: Job) -> None:
    ledger = ledger_of(job.records, job.moment)
    assert ledger.forks == job.forks
    assert len(ledger.held()) == sum(len(forks) for forks in job.forks.values())
    # An RRef that its owner never passes on is all that can be doubted.
    assert reasons(ledger) <= {Reason.UNNAMED}


def test_a_whole_recording_can_leave_no_doubt() -> None:
    jobs = [job_of(seed, 20) for seed in range(20)]
    certain = [job for job in jobs if not ledger_of(job.records, job.moment).doubts()]
    assert len(certain) > 5
    assert sum(len(job.forks) for job in certain) > 20


@given(jobs, st.data())
def test_the_ledger_of_a_part_is_never_certain_and_wrong(job: Job, data: st.DataObject) -> None:
    indices = st.sampled_from(range(len(job.records)))
    missing = data.draw(st.sets(indices, max_size=4) | st.sets(indices))
    seen = [record for index, record in enumerate(job.records) if index not in missing]
    ledger = ledger_of(seen, job.moment)
    assert ledger.doubts() or ledger.forks == job.forks


@pytest.mark.parametrize("seed", range(10))
def test_each_record_that_is_missing_is_noticed(seed: int) -> None:
    job = job_of(seed, 12)
    for index, record in enumerate(job.records):
        ledger = ledger_of([*job.records[:index], *job.records[index + 1 :]], job.moment)
        is_needed = record.time <= job.moment or _is_counted(record)
        assert ledger.doubts() or not is_needed
        assert ledger.doubts() or ledger.forks == job.forks


def _is_counted(record: Record) -> bool:
    if isinstance(record, RecordedEvent):
        return record.kind == EventKind.RECORDING_ENDED
    return record.message.isRequest()


@given(jobs)
def test_without_calls_later_deletes_tell_of_what_owners_passed_on(job: Job) -> None:
    def is_about_rrefs(record: Record) -> bool:
        return isinstance(record, RecordedEvent) or record.message.type.name.startswith(
            ("RREF", "REMOTE_RET", "SCRIPT_RREF")
        )

    ledger = ledger_of([each for each in job.records if is_about_rrefs(each)], job.moment)
    held = {(fork.owner, fork.rref_id, fork.fork_id) for fork in ledger.held()}
    counted = {(*rref, fork_id) for rref, forks in job.forks.items() for fork_id in forks}
    # What was made after the moment cannot be told from what was made before.
    assert counted <= held
    for fork in ledger.held():
        if (fork.owner, fork.rref_id, fork.fork_id) not in counted:
            assert fork.evidence is Evidence.LATER_DELETE
    quiet = job_of(5, 25, later_steps=0)
    ledger = ledger_of([each for each in quiet.records if is_about_rrefs(each)], quiet.moment)
    assert ledger.forks == quiet.forks
    assert Evidence.LATER_DELETE in {fork.evidence for fork in ledger.held()}
    assert Reason.REQUESTS_MISSING in reasons(ledger)


@given(st.integers(0, 2**32), st.integers(1, 12), st.data())
def test_the_ledger_is_never_certain_and_wrong_while_a_message_is_on_its_way(
    seed: int, steps: int, data: st.DataObject
) -> None:
    job = SimulatedJob(WORKERS, seed)
    for _ in range(steps):
        job.step()
    job.end()
    moment = data.draw(st.integers(1, job.now))
    before = max(time for time in job.history if time <= moment)
    after = min((time for time in job.history if time >= moment), default=before)
    ledger = ledger_of(job.records, moment)
    assert ledger.doubts() or ledger.forks in (job.history[before], job.history[after])


def test_a_fork_in_an_answer_that_is_on_its_way_is_doubted() -> None:
    fork = IValue("rref_value", RRefForkData(0, RRefId(0, 0), ForkId(0, 1), 0, "int"))
    answer = ScriptResp(fork).toMessage().with_id(0)
    first = JOB[0]
    assert isinstance(first, RecordedMessage)
    records = [first, RecordedMessage(2, 0, 1, answer), *JOB[2:]]
    assert doubts_at(records, 1) == [Doubt(Reason.IN_FLIGHT, (), 1)]
    assert doubts_at(records, 2) == []
    assert ledger_of(records, 1).held() == []
    assert len(ledger_of(records, 2).held()) == 1


def test_an_answer_without_its_request_is_doubted() -> None:
    assert Doubt(Reason.UNASKED, (), 1) in doubts_at(JOB[1:])
    # Where requests were recorded without ids, nobody knows which is answered.
    first = JOB[0]
    assert isinstance(first, RecordedMessage)
    unnumbered = RecordedMessage(1, 1, 0, first.message.with_id(None))
    reasons_then = reasons(ledger_of([unnumbered, *JOB[1:]], 5))
    assert reasons_then == {Reason.REQUESTS_MISSING}


def test_an_owner_whose_recording_is_missing_is_doubted() -> None:
    fork = IValue("rref_value", RRefForkData(9, RRefId(0, 0), ForkId(0, 1), 0, "int"))
    call = ScriptCall("__torch__.f", [fork]).toMessage().with_id(0)
    records = [RecordedMessage(1, 1, 0, call), *JOB[1:]]
    assert Doubt(Reason.NO_END, (9,)) in doubts_at(records)


@given(jobs)
def test_recordings_without_values_tell_the_same(job: Job) -> None:
    def brief(record: Record) -> Record:
        if isinstance(record, RecordedEvent):
            return record
        left = omit_values(record.message)
        ways = record.from_worker_id, record.to_worker_id
        return RecordedMessage(record.time, *ways, left.message, "", "", None, *left[1:])

    whole, without = (
        ledger_of(records, job.moment) for records in (job.records, list(map(brief, job.records)))
    )
    assert whole.held() == without.held()
    assert whole.doubts() == without.doubts()


def small_job() -> list[Record]:
    """Return the records of a whole job of which nothing is doubted at its fifth record."""
    records = SimulatedJob(2, 0)
    records.end()
    assert not ledger_of(records.records, 5).doubts()
    return records.records


JOB = small_job()
SENT_BY_ANOTHER = RRefChildAccept(ForkId(7, 0)).toMessage()
BEGAN, ENDED = EventKind.SHUTDOWN_BEGAN, EventKind.RECORDING_ENDED


def without(*kinds: EventKind) -> list[Record]:
    return [each for each in JOB if not isinstance(each, RecordedEvent) or each.kind not in kinds]


def doubts_at(records: list[Record], at: int | None = 5) -> list[Doubt]:
    return ledger_of(records, at).doubts()


def test_nothing_recorded_is_no_proof_of_nothing_held() -> None:
    assert Ledger().doubts() == [Doubt(Reason.NOTHING_RECORDED)]
    assert Ledger(5).doubts() == [Doubt(Reason.NOTHING_RECORDED)]


def test_a_time_outside_the_recording_is_doubted() -> None:
    assert doubts_at(JOB, 0) == [Doubt(Reason.BEFORE_THE_RECORDING)]
    assert Doubt(Reason.AFTER_THE_RECORDING) in doubts_at(JOB, len(JOB) + 1)


def test_a_worker_without_the_end_of_its_recording_is_doubted() -> None:
    of_both = without(ENDED)
    assert doubts_at(of_both) == [Doubt(Reason.NO_END, (0, 1))]
    assert doubts_at(of_both + JOB[-1:]) == [Doubt(Reason.NO_END, (0,))]
    # A worker that is only named in an identifier is missed too.
    named = RecordedMessage(4, 0, 1, SENT_BY_ANOTHER)
    assert Doubt(Reason.NO_END, (7,)) in doubts_at([*JOB[:4], named, *JOB[4:]])


def test_the_requests_of_a_recording_are_counted() -> None:
    uncounted = [RecordedEvent(100 + each, each, ENDED) for each in (0, 1)]
    assert doubts_at(without(ENDED) + uncounted) == [Doubt(Reason.NOT_COUNTED, (0, 1))]
    both = [RecordedEvent(100 + each, each, ENDED, "", 5) for each in (0, 1)]
    assert doubts_at(without(ENDED) + both) == [Doubt(Reason.REQUESTS_MISSING, (0, 1), 4)]


def test_a_request_without_an_answer_is_doubted_if_it_was_sent_before_the_moment() -> None:
    assert doubts_at(JOB[:1] + JOB[2:]) == [Doubt(Reason.UNANSWERED, (1,), 1)]
    assert doubts_at(JOB[:7] + JOB[8:]) == []
    assert JOB[7].time > 5


DELETE = RRefUserDelete(RRefId(1, 0), ForkId(1, 1)).toMessage().with_id(4)
REFUSAL = RemoteException("no such worker").toMessage().with_id(4)
ANSWERS = {"late": RRefAck().toMessage().with_id(4), "refused": REFUSAL, "none": None}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_owner_that_has_not_acknowledged_a_delete_may_count_the_fork(
    answer: Message | None,
) -> None:
    held = RemoteRet(RRefId(1, 0), ForkId(1, 1)).toMessage().with_id(3)
    records = [RecordedMessage(1, 0, 1, held), RecordedMessage(2, 1, 0, DELETE)]
    if answer is not None:
        time = 4 if answer is REFUSAL else 6
        records.append(RecordedMessage(time, 0, 1, answer))
    assert Doubt(Reason.DELETED, (), 1) in ledger_of([*records], 5).doubts()
    acknowledged = [*records, RecordedMessage(3, 0, 1, RRefAck().toMessage().with_id(4))]
    assert Reason.DELETED not in reasons(ledger_of([*acknowledged], 5))


def test_two_jobs_in_one_recording_are_noticed() -> None:
    again = RecordedEvent(200, 0, ENDED, "", 3)
    assert doubts_at([*JOB, again]) == [Doubt(Reason.MORE_THAN_ONE_END, (0,))]
    assert doubts_at([*JOB, JOB[-2]]) == []
    late = JOB[0]
    assert isinstance(late, RecordedMessage)
    answer = ScriptResp(IValue.from_python(None)).toMessage().with_id(0)
    exchange = [RecordedMessage(200, 1, 0, late.message), RecordedMessage(201, 0, 1, answer)]
    assert doubts_at([*JOB, *exchange]) == [
        Doubt(Reason.MORE_THAN_ONE_END, (0, 1)),
        Doubt(Reason.REPEATED, (1,), 1),
    ]


@given(jobs, jobs, st.data())
def test_a_job_that_was_killed_and_another_are_never_certain_and_wrong(
    killed: Job, other: Job, data: st.DataObject
) -> None:
    seen = killed.records[: data.draw(st.integers(1, len(killed.records)))]
    others = [replace(each, time=each.time + 1000) for each in other.records]
    for moment, forks in ((killed.moment, killed.forks), (other.moment + 1000, other.forks)):
        ledger = ledger_of([*seen, *others], moment)
        assert ledger.doubts() or ledger.forks == forks


@given(jobs, jobs, st.integers(0, WORKERS - 1))
def test_recordings_of_two_jobs_are_never_certain_and_wrong(
    job: Job, other: Job, worker: int
) -> None:
    of_worker = [each for each in job.records if _recorded_by(each) == worker]
    others = [replace(each, time=each.time + 1000) for each in other.records]
    seen = [*of_worker, *(each for each in others if _recorded_by(each) != worker)]
    for moment, forks in ((job.moment, job.forks), (other.moment + 1000, other.forks)):
        ledger = ledger_of(seen, moment)
        assert ledger.doubts() or ledger.forks == forks


def _recorded_by(record: Record) -> int:
    """Return the worker that records: its own requests, and the responses to it."""
    if isinstance(record, RecordedEvent):
        return record.worker_id
    return record.from_worker_id if record.is_request else record.to_worker_id


def test_an_end_that_tells_of_fewer_requests_than_were_seen_is_of_another_job() -> None:
    few = [RecordedEvent(100 + each, each, ENDED, "", 1) for each in (0, 1)]
    assert doubts_at(without(ENDED) + few) == [Doubt(Reason.MORE_THAN_ONE_END, (0, 1))]
    end = JOB[-1]
    assert isinstance(end, RecordedEvent)
    other = replace(end, request_count=2)
    for both in ([other, end], [end, other]):
        doubts = [each.reason for each in doubts_at([*JOB[:-1], *both])]
        assert Reason.MORE_THAN_ONE_END in doubts


def test_names_tell_of_two_jobs() -> None:
    def named(worker: int, name: str) -> RecordedEvent:
        return RecordedEvent(6, worker, 77, name)

    assert doubts_at([*JOB, named(0, "ps"), named(1, "trainer"), named(0, "ps")]) == []
    two = [*JOB, named(0, "ps"), named(0, "server")]
    assert doubts_at(two) == [Doubt(Reason.TWO_NAMES, (0,))]
    one = [*JOB, named(0, "ps"), named(1, "ps")]
    assert doubts_at(one) == [Doubt(Reason.ONE_NAME_TWICE, (0, 1))]


def test_what_is_held_after_a_shutdown_has_begun_is_doubted() -> None:
    # Nothing was deleted since, so what is held now was held before.
    assert doubts_at(JOB, None) == []
    assert doubts_at(without(BEGAN), None) == [Doubt(Reason.AFTER_THE_END, (0, 1))]
    job = job_of(3, 12)
    deletes = sum(
        isinstance(each, RecordedMessage) and each.message.type.name == "RREF_USER_DELETE"
        for each in job.records[-60:]
    )
    assert deletes > 0
    doubt = next(each for each in ledger_of(job.records).doubts())
    assert doubt.reason is Reason.DELETES_IN_SHUTDOWN
    assert 0 < doubt.total <= deletes


def test_what_could_not_be_read_is_doubted() -> None:
    empty = Message(message_pb2.Message(id=0))
    native = NativeMessage(MessageType.SCRIPT_CALL, b"?", (), 0)
    unreadable = RecordedMessage(3, 1, 0, empty, native_message=native)
    first = JOB[0]
    assert isinstance(first, RecordedMessage)
    unknown = RecordedMessage(3, 1, 0, first.message, passed_rrefs_unknown=True)
    cases = {
        Remark.UNREADABLE_MESSAGE: unreadable,
        Remark.UNREADABLE_PICKLE: unknown,
    }
    for remark, record in cases.items():
        assert doubts_at([record, *JOB[1:]]) == [Doubt(remark, (), 1)]
        assert doubts_at([record, *JOB[1:]], 2) == []  # it was sent after the moment


def test_a_doubt_is_told_in_words_of_bounded_length() -> None:
    many = tuple(range(1000))
    for reason in (*Reason, *Remark):
        for total in (1, 2):
            doubt = Doubt(reason, many, total, tuple((2 * each, 2 * each) for each in many))
            text = doubt.text(lambda worker: f"worker{worker}")
            assert 0 < len(text) < 300
            assert "{" not in text
    named = Doubt(Reason.UNNAMED, (3,), 4, ((5, 5), (7, 9))).text(lambda worker: f"ps({worker})")
    assert named.startswith("ps(3) made 4 identifiers that no message named, 5, 7 to 9: perhaps")


@pytest.mark.parametrize("wrong", ["5", 1.5, True], ids=repr)
def test_refuses_a_moment_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"Ledger\.at: expected an int"):
        Ledger(wrong)
