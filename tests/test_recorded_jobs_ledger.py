"""The ledger of recorded jobs is compared with libtorch's own counts."""

from __future__ import annotations

from collections import Counter

import pytest

from rref_proto import Ledger, RecordedMessage
from rref_proto.ledger import Certainty
from rref_proto.recording import merge

from recorded_jobs import NAMES, Job, load_job

every_job = pytest.mark.parametrize("name", NAMES)


def ledger_at(job: Job, time: float) -> Ledger:
    """Follow all recordings of a job up to a time."""
    ledger = Ledger()
    for record in merge(job.recordings):
        if record.time <= time:
            ledger.observe_record(record)
    return ledger


@every_job
def test_the_ledger_counts_what_libtorch_counted(name: str) -> None:
    job = load_job(name)
    for moment in job.moments:
        ledger = ledger_at(job, moment.time)
        rrefs = Counter(owner for owner, _ in ledger.forks)
        forks = Counter(owner for (owner, _), held in ledger.forks.items() for _ in held)
        pending = Counter(
            fork.holder for fork in ledger.held() if fork.certainty is Certainty.PENDING
        )
        assert [
            (rrefs[worker], forks[worker], pending[worker]) for worker in range(len(job.workers))
        ] == moment.counts
        assert not ledger.remarks


@every_job
def test_no_fork_is_held_at_the_end_of_a_job(name: str) -> None:
    ledger = ledger_at(load_job(name), float("inf"))
    assert ledger.held() == []
    assert not ledger.remarks


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
