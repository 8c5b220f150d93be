"""The ledger of recorded jobs is compared with libtorch's own counts."""

from __future__ import annotations

from collections import Counter

import pytest

from rref_proto import Ledger, MessageType, RecordedMessage
from rref_proto.ledger import Certainty, Doubt, Evidence, Reason
from rref_proto.recording import Record, merge

from recorded_jobs import NAMES, Counts, Job, load_job

CALLS = {
    MessageType.SCRIPT_CALL,
    MessageType.SCRIPT_RET,
    MessageType.SCRIPT_REMOTE_CALL,
    MessageType.PYTHON_CALL,
    MessageType.PYTHON_RET,
    MessageType.PYTHON_REMOTE_CALL,
}
every_job = pytest.mark.parametrize("name", NAMES)


def ledger_at(job: Job, time: int | None, with_calls: bool = True) -> Ledger:
    """Follow all recordings of a job, for what was held at a time."""
    ledger = Ledger(time)
    for record in merge(job.recordings):
        if with_calls or not is_of_a_call(record):
            ledger.observe_record(record)
    return ledger


def is_of_a_call(record: Record) -> bool:
    """Tell whether a record is one that only a recorder of calls has."""
    return isinstance(record, RecordedMessage) and record.message.type in CALLS


def counts(ledger: Ledger, workers: int) -> list[Counts]:
    rrefs = Counter(owner for owner, _ in ledger.forks)
    forks = Counter(owner for (owner, _), held in ledger.forks.items() for _ in held)
    pending = Counter(fork.holder for fork in ledger.held() if fork.certainty is Certainty.PENDING)
    return [Counts(rrefs[worker], forks[worker], pending[worker]) for worker in range(workers)]


@every_job
def test_the_ledger_counts_what_libtorch_counted_and_is_certain_of_it(name: str) -> None:
    job = load_job(name)
    for moment in job.moments:
        ledger = ledger_at(job, moment.time)
        assert counts(ledger, len(job.workers)) == moment.counts
        assert not ledger.remarks
        pending = sum(each.pending_users for each in moment.counts)
        expected = [Doubt(Reason.PENDING, (), pending)] if pending else []
        assert ledger.doubts() == expected


@pytest.mark.parametrize(("name", "least"), [("tutorial", 60), ("beside", 140)])
def test_later_deletes_tell_what_calls_that_were_not_recorded_passed_on(
    name: str, least: int
) -> None:
    job = load_job(name)
    # Nothing was passed on after the last moment.
    moment = job.moments[-1]
    ledger = ledger_at(job, moment.time, with_calls=False)
    assert counts(ledger, len(job.workers)) == moment.counts
    assert sum(each.forks for each in moment.counts) >= least
    evidence = Counter(fork.evidence for fork in ledger.held())
    assert evidence[Evidence.LATER_DELETE] >= 50
    reasons = {doubt.reason for doubt in ledger.doubts()}
    assert {Reason.REQUESTS_MISSING, Reason.INFERRED} <= reasons


@every_job
def test_without_calls_the_ledger_is_never_certain(name: str) -> None:
    job = load_job(name)
    for time in (None, *(moment.time for moment in job.moments)):
        assert ledger_at(job, time, with_calls=False).doubts()


@every_job
def test_no_fork_is_held_at_the_end_of_a_job(name: str) -> None:
    job = load_job(name)
    ledger = ledger_at(job, None)
    assert ledger.held() == []
    assert not ledger.remarks
    # The shutdown deleted all. No event tells when it began.
    assert ledger.doubts() == [Doubt(Reason.AFTER_THE_END, tuple(range(len(job.workers))))]


@every_job
def test_every_worker_recorded_before_and_after_each_moment(name: str) -> None:
    job = load_job(name)
    for recording in job.recordings:
        for moment in job.moments:
            assert recording[0].time < moment.time < recording[-1].time


def test_the_trainer_of_the_tutorial_leaks_rrefs_that_the_server_made() -> None:
    job = load_job("tutorial")
    assert job.workers == ["server", "trainer", "observer"]
    ledger = ledger_at(job, job.moments[-1].time)
    holders = Counter(fork.holder for fork in ledger.held() if fork.rref_id.created_on == 0)
    assert holders == {1: 51, 2: 7}
    assert max(map(len, ledger.forks.values())) == 5


def test_the_creator_fetches_before_its_remote_call_is_answered() -> None:
    job = load_job("unanswered")
    ((owner, creator), *_) = (moment.counts for moment in job.moments)
    assert (owner.forks, creator.pending_users) == (0, 2)
    until = job.moments[0].time
    types = [
        record.message.type.name
        for record in job.recordings[1]
        if isinstance(record, RecordedMessage) and record.time < until
    ]
    assert types[-3:] == ["PYTHON_REMOTE_CALL", "PYTHON_REMOTE_CALL", "PYTHON_RREF_FETCH_CALL"]
