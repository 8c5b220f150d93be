"""The recorded jobs of data/jobs, which data/README.md describes, and what libtorch counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from rref_proto import read_recording
from rref_proto.recording import Record

from captures import DATA

JOBS = DATA / "jobs"
NAMES = ("tutorial", "beside", "unanswered", "hang", "clean")


class Counts(NamedTuple):
    """What the RRefContext of one worker counted. Only an owner counts RRefs and their forks."""

    rrefs: int
    forks: int
    pending_users: int


class Moment(NamedTuple):
    """A time at which no message was on its way, and the counts of each worker, by its id."""

    time: int
    counts: list[Counts]


class Job(NamedTuple):
    """One job. The recordings and the names are those of the workers 0, 1 and so on."""

    workers: list[str]
    paths: list[Path]
    recordings: list[list[Record]]
    moments: list[Moment]


def load_job(name: str) -> Job:
    """Read the recordings of a job, and the counts."""
    told = json.loads((JOBS / f"{name}.json").read_text(encoding="utf-8"))
    paths = [JOBS / f"{name}-{worker}.rref" for worker in told["workers"]]
    moments = [
        Moment(
            moment["time"],
            [
                Counts(each["num_owner_rrefs"], each["num_forks"], each["num_pending_users"])
                for each in moment["counts"]
            ],
        )
        for moment in told["moments"]
    ]
    recordings = [list(read_recording(path.read_bytes())) for path in paths]
    return Job(told["workers"], paths, recordings, moments)
