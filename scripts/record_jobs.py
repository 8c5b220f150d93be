"""Record the jobs of job_worker.py, and note libtorch's own counts of RRefs beside the recordings.

    python scripts/record_jobs.py [JOB ...] --output DIRECTORY

For each job, writes JOB-WORKER.rref for each worker, and JOB.json. tests/data/README.md says what
is in them. Needs torch, and what the recorder needs.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rref_proto.recorder import register_recording_backend

from job_worker import JOBS

WORKER = Path(__file__).with_name("job_worker.py")
# In seconds.
LONGEST_JOB = 120
REST = 0.2  # before and after the moment that is noted


def start(job: str, directory: Path) -> list[subprocess.Popen[str]]:
    """Start the workers of a job."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = str(directory / (job + "-{name}.rref"))
    return [
        subprocess.Popen(
            [sys.executable, str(WORKER), job, worker, str(port), path],
            env={**os.environ, "TP_SOCKET_IFNAME": "lo"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for worker in JOBS[job]
    ]


def answers(workers: list[subprocess.Popen[str]]) -> list[Any]:
    """Read what each worker counts; nothing where all have ended."""
    lines = [worker.stdout.readline() for worker in workers if worker.stdout]
    return [json.loads(line) for line in lines] if any(lines) else []


def tell(workers: list[subprocess.Popen[str]], command: str) -> None:
    """Let the workers count again, or go on."""
    for worker in workers:
        if worker.stdin:
            worker.stdin.write(f"{command}\n")
            worker.stdin.flush()


def quiet_moment(workers: list[subprocess.Popen[str]]) -> dict[str, Any] | None:
    """Wait until no message is on its way; return the counts and the time, None at the end."""
    while before := answers(workers):
        time.sleep(REST)
        noted = time.time_ns()
        time.sleep(REST)
        tell(workers, "again")
        after = answers(workers)
        if before == after and is_quiet(after):
            return {"time": noted, "counts": [each["counts"] for each in after]}
        tell(workers, "again")
    return None


def is_quiet(workers: list[Any]) -> bool:
    """Tell whether the owners know exactly the forks that are held and answered."""
    known = sum(each["known"] for each in workers)
    forks = sum(each["counts"]["num_forks"] for each in workers)
    pending = (each["counts"]["num_pending_users"] == each["pending"] for each in workers)
    return known == forks and all(pending)


def kill(workers: list[subprocess.Popen[str]]) -> None:
    """End the workers that still run."""
    for worker in workers:
        worker.kill()


def record(job: str, directory: Path) -> None:
    """Run one job, and write its files."""
    workers = start(job, directory)
    deadline = threading.Timer(LONGEST_JOB, kill, [workers])
    deadline.start()
    try:
        moments = []
        while moment := quiet_moment(workers):
            moments.append(moment)
            tell(workers, "go on")
        codes = [worker.wait() for worker in workers]
    finally:
        deadline.cancel()
        kill(workers)
    if any(codes):
        raise RuntimeError(f"{job}: the workers ended with {codes}")
    text = json.dumps({"workers": list(JOBS[job]), "moments": moments}, indent=1)
    (directory / f"{job}.json").write_text(text + "\n", encoding="utf-8")
    sizes = [(directory / f"{job}-{worker}.rref").stat().st_size for worker in JOBS[job]]
    print(f"{job}: {sum(sizes)} bytes")


def main() -> None:
    """Record the jobs that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--output", type=Path, required=True, help="an existing directory")
    options = parser.parse_args()
    if unknown := set(options.jobs) - set(JOBS):
        parser.error(f"expected {', '.join(JOBS)}, got {', '.join(unknown)}")
    register_recording_backend("{name}")  # compiles, so that no worker waits for it
    for job in options.jobs or JOBS:
        record(job, options.output)


if __name__ == "__main__":
    main()
