"""`ledger --leaks` and `--format json`: exit codes, and what is said of a doubt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import rref_proto
from rref_proto import (
    EventKind,
    ForkId,
    Ledger,
    RecordedEvent,
    RecordedMessage,
    RemoteRet,
    RRefId,
    write_recording,
)
from rref_proto.cli.report import Report, json_lines, leak_lines, ledger_lines
from rref_proto.cli.times import absolute
from rref_proto.recording import Record

from cli_helpers import SECOND, Result, run, save
from conversations import sent
from recorded_jobs import Job, load_job

NONE, LEAKS, NOT_CERTAIN = 0, 1, 3


def leaks_of(job: Job, *options: str) -> Result:
    return run("ledger", "--leaks", *options, *map(str, job.paths))


def lines_of(result: Result) -> list[str]:
    return result.out.decode().splitlines()


@pytest.mark.parametrize("name", ["tutorial", "beside", "unanswered", "clean"])
def test_the_leaks_of_a_real_job_are_told_with_certainty(name: str) -> None:
    job = load_job(name)
    moment = job.moments[-1]
    result = leaks_of(job, "--at", absolute(moment.time))
    lines = lines_of(result)
    forks = sum(each.forks for each in moment.counts)
    assert lines[0].startswith(f"{forks} forks still held at +" if forks else "no fork is held at ")
    assert sum(line.startswith("  rref ") for line in lines) == forks
    assert not any("not certain" in line or "not explained" in line for line in lines)
    assert (result.code, result.err) == (NONE if name == "clean" else LEAKS, "")


def test_leaks_are_counted_by_holder_and_creator() -> None:
    job = load_job("tutorial")
    lines = lines_of(leaks_of(job, "--at", absolute(job.moments[-1].time)))
    assert lines[1:5] == [
        "  51 forks held by trainer(1), of RRefs on server(0) that server(0) created",
        "  7 forks held by observer(2), of RRefs on server(0) that server(0) created",
        "  1 fork held by observer(2), of RRefs on server(0) that trainer(1) created",
        "  1 fork held by trainer(1), of RRefs on server(0) that trainer(1) created",
    ]
    assert lines[5] == "oldest first:"
    assert lines.count("    known by      message in which its owner passed it on") >= 50


def test_a_creator_whose_remote_call_is_not_answered_has_made_its_fork() -> None:
    job = load_job("unanswered")
    lines = lines_of(leaks_of(job, "--at", absolute(job.moments[0].time)))
    assert lines.count("    made by       creator(1)") == 2
    assert lines.count("    held by       creator(1) (pending)") == 2
    assert lines.count("    known by      remote call, not answered yet") == 2


def test_a_job_that_has_ended_is_no_proof_of_no_leak() -> None:
    result = leaks_of(load_job("tutorial"))
    lines = lines_of(result)
    assert result.code == NOT_CERTAIN
    assert lines[0].startswith("no fork is known to be held at +")
    assert lines[1:] == [
        "not certain: the recording had ended by then, and its shutdown, which deletes forks that "
        "leak too, is not marked: server(0), trainer(1), observer(2)"
    ]


@pytest.mark.parametrize(
    ("time", "doubt"),
    [
        ("2000-01-01T00:00Z", "not certain: the time is before the first record"),
        ("2100-01-01T00:00Z", "not certain: the time is after the last record"),
        ("+1e6", "not certain: the time is after the last record"),
    ],
)
def test_a_time_outside_the_recording_is_no_proof(time: str, doubt: str) -> None:
    result = leaks_of(load_job("clean"), "--at", time)
    assert result.code == NOT_CERTAIN
    assert doubt in lines_of(result)


def test_a_time_without_a_zone_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        leaks_of(load_job("clean"), "--at", "2026-11-25T00:00:00")
    assert caught.value.code == 2


def test_a_recording_that_is_missing_empty_or_cut_off_is_no_proof(tmp_path: Path) -> None:
    job = load_job("clean")
    moment = absolute(job.moments[0].time)
    owner, *others = map(str, job.paths)
    missing = str(tmp_path / "missing.rref")
    empty, cut = tmp_path / "empty.rref", tmp_path / "cut.rref"
    empty.touch()
    cut.write_bytes(Path(owner).read_bytes()[:-3])
    alone = run("ledger", "--leaks", "--at", moment, *others)
    assert (alone.code, alone.err) == (NOT_CERTAIN, "")
    for path, problem in (
        (missing, "missing.rref: No such file or directory"),
        (empty, "empty.rref: record 0 at byte 0, expected records, found an empty file"),
        (cut, "cut.rref: record "),
    ):
        result = run("ledger", "--leaks", "--at", moment, str(path), *others)
        assert result.code == NOT_CERTAIN
        assert result.err.startswith("rref-proto: ")
        assert problem.split(": ")[0] in result.err
        lines = lines_of(result)
        assert lines[0].startswith("no fork is known to be held at ")
        assert any("no end is recorded of " in line for line in lines)
        assert "not certain: 1 problem, so not all could be read" in lines


def test_leaks_are_told_beside_doubts(tmp_path: Path) -> None:
    job = load_job("tutorial")
    moment = absolute(job.moments[-1].time)
    cut = tmp_path / "trainer.rref"
    cut.write_bytes(job.paths[1].read_bytes()[:-3])
    result = run("ledger", "--leaks", "--at", moment, str(job.paths[0]), str(cut))
    assert result.code == LEAKS
    assert "trainer.rref: record " in result.err
    assert "forks still held at +" in lines_of(result)[0]


def test_two_jobs_in_one_call_are_no_proof() -> None:
    one, other = load_job("clean"), load_job("hang")
    paths = [*map(str, one.paths), *map(str, other.paths)]
    result = run("ledger", "--leaks", "--at", absolute(one.moments[0].time), *paths)
    assert result.code == NOT_CERTAIN
    assert sum("two jobs" in line for line in lines_of(result)) == 3


def with_shutdown_marked(job: Job, path: Path, began: Iterable[int]) -> str:
    """Write the recordings of a job into one, with events before the shutdown of each worker."""
    events: list[Record] = [
        RecordedEvent(time, worker, EventKind.SHUTDOWN_BEGAN) for worker, time in enumerate(began)
    ]
    records = sorted(chain(events, *job.recordings), key=lambda record: record.time)
    with path.open("wb") as file:
        write_recording(file, records)
    return str(path)


def deletes_in(recording: list[Record]) -> bool:
    return any(
        isinstance(record, RecordedMessage) and record.message.type.name == "RREF_USER_DELETE"
        for record in recording
    )


@pytest.mark.parametrize(("name", "code"), [("clean", NONE), ("tutorial", LEAKS)])
def test_the_moment_before_the_last_shutdown_is_looked_at(
    name: str, code: int, tmp_path: Path
) -> None:
    job = load_job(name)
    moment = job.moments[-1].time
    # A worker that has nothing to do begins to shut down at once.
    start = min(recording[0].time for recording in job.recordings)
    passive = next(index for index, each in enumerate(job.recordings) if not deletes_in(each))
    began = [start if index == passive else moment + 1 + index for index in range(3)]
    path = with_shutdown_marked(job, tmp_path / "a.rref", began)
    moment = max(began) - 1
    result = run("ledger", "--leaks", path)
    expected = run("ledger", "--leaks", "--at", absolute(moment), path)
    assert result == expected
    assert result.code == code
    # A pipe is read twice too.
    assert run("ledger", "--leaks", "-", stdin=Path(path).read_bytes()) == result


def test_what_a_worker_deleted_while_it_shut_down_is_doubted(tmp_path: Path) -> None:
    job = load_job("clean")
    start = min(recording[0].time for recording in job.recordings)
    path = with_shutdown_marked(job, tmp_path / "a.rref", [start, start, start])
    result = run("ledger", "--leaks", "--at", absolute(job.moments[0].time), path)
    assert result.code == NOT_CERTAIN
    assert "deleted after their holders had begun to shut down" in lines_of(result)[1]


def test_only_older_forks_are_listed_where_an_age_is_given(tmp_path: Path) -> None:
    recorded = [
        sent(second * SECOND, RemoteRet(RRefId(0, second), ForkId(0, 10 + second)), route=(1, 0))
        for second in range(4)
    ]
    path = save(tmp_path / "a.rref", recorded)
    for age, count in (("0", 4), ("1", 3), ("1.5", 2), ("3", 1)):
        result = run("ledger", "--leaks", "--older-than", age, path)
        assert result.code == LEAKS
        assert len([line for line in lines_of(result) if line.startswith("  rref ")]) == count
    result = run("ledger", "--leaks", "--older-than", "4", path)
    assert result.code == NOT_CERTAIN
    assert lines_of(result)[0].startswith(
        "no fork is known to be held for 4 s or longer at +3.000000s ("
    )


def as_json(*arguments: str) -> tuple[Any, int]:
    result = run("ledger", "--format", "json", *arguments)
    return json.loads(result.out), result.code


def test_the_ledger_can_be_read_by_programs() -> None:
    job = load_job("tutorial")
    moment = job.moments[-1].time
    told, code = as_json("--leaks", "--at", absolute(moment), *map(str, job.paths))
    assert code == LEAKS
    assert (told["time"], told["certain"], told["problems"]) == (absolute(moment), True, [])
    assert told["doubts"] == []
    assert len(told["forks"]) == 60
    fork = told["forks"][0]
    holder = fork["holderId"]
    assert fork["since"] < absolute(moment)
    assert fork == {
        "ownerId": 0,
        "ownerName": "server",
        "rrefId": {"createdOn": 0, "localId": fork["rrefId"]["localId"]},
        "forkId": {"createdOn": 0, "localId": fork["forkId"]["localId"]},
        "holderId": holder,
        "holderName": job.workers[holder],
        "since": fork["since"],
        "certainty": "known",
        "evidence": "OWNER_PASSED_IT_ON",
    }


def test_doubts_can_be_read_by_programs(tmp_path: Path) -> None:
    job = load_job("tutorial")
    trainer = str(job.paths[1])
    told, code = as_json("--leaks", trainer, str(tmp_path / "missing.rref"))
    assert code == NOT_CERTAIN
    assert not told["certain"]
    assert told["forks"] == []
    doubts = {doubt["reason"]: doubt for doubt in told["doubts"]}
    assert {"NO_END", "AFTER_THE_END"} <= set(doubts)
    assert doubts["NO_END"]["workerIds"] == [0, 2]
    assert "server(0)" in doubts["NO_END"]["text"]
    assert len(told["problems"]) == 1
    told, code = as_json(trainer)
    assert (code, told["certain"]) == (0, False)
    told, code = as_json("--leaks", str(tmp_path / "missing.rref"))
    assert (code, told["time"]) == (NOT_CERTAIN, None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(("name", "code"), [("clean", NOT_CERTAIN), ("tutorial", LEAKS)])
def test_lines_that_cannot_be_written_do_not_look_like_a_leak(name: str, code: int) -> None:
    job = load_job(name)
    command = [sys.executable, "-m", "rref_proto", "ledger", "--leaks", *map(str, job.paths)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*command, "--at", absolute(job.moments[-1].time)],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(rref_proto.__file__).parents[1])},
        )
    assert done.returncode == code
    assert done.stderr.startswith(b"rref-proto: ")
    assert done.stderr.count(b"\n") == 1


class LedgerOfNames(Ledger):
    """A ledger that counts how often all names are asked for."""

    asked = 0

    @property
    def names(self) -> Mapping[int, str]:
        self.asked += 1
        return super().names


@pytest.mark.parametrize("lines", [ledger_lines, leak_lines, json_lines])
def test_all_names_are_taken_once_however_many_forks_are_listed(
    lines: Callable[[Report], Iterator[str]],
) -> None:
    ledger = LedgerOfNames()
    for number in range(20):
        ledger.observe_record(sent(number, RemoteRet(RRefId(1, 0), ForkId(1, number + 1))))
    text = "\n".join(lines(Report(ledger, 0, 20, [], None)))
    assert text.count("\n") > 20
    assert ledger.asked == 1
