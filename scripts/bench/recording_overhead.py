"""What recording costs: `rpc.remote` and `to_here` of a small tensor, with recording and without.

A round starts two jobs of two workers each, and records one of them. It measures the jobs in turn,
each for a fraction of a second, while the other one is stopped. So both are slowed down equally by
other programs on the machine. One of two equal jobs can be faster by a tenth until it ends:
therefore there are several rounds.

Prints the median of the ratios of all rounds, and how long a job takes to end. At its end a worker
writes the messages that it was too busy to write before.

    python scripts/bench/recording_overhead.py
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROUNDS = 9
BLOCKS = 12
CALLS = 300


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        paths = ("", str(Path(directory, "bench-{rank}.rref")))
        rounds = [run_round(paths[:: 1 if number % 2 else -1]) for number in range(ROUNDS)]
    for name, path in zip(("plain", "recorded"), paths, strict=True):
        call, end = (
            statistics.median(values) for values in zip(*(r[path] for r in rounds), strict=True)
        )
        print(f"{name}: {call * 1e6:.0f} us a call, {end:.1f} s to end")
    ratios = [results[paths[1]][0] / results[paths[0]][0] for results in rounds]
    print(f"ratio: {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")


def run_round(paths: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Run a job for each path; return the seconds that one call takes, and that its end takes."""
    jobs = {path: Job(path) for path in paths}
    for job in jobs.values():
        job.measure()  # returns only after both workers have started
        job.stop()
    blocks = [[job.run_block() for job in jobs.values()] for _ in range(BLOCKS)]
    calls = [statistics.median(times) / CALLS for times in zip(*blocks, strict=True)]
    return {path: (call, jobs[path].end()) for path, call in zip(jobs, calls, strict=True)}


class Job:
    """Two workers. The first one calls the second one when it is told to."""

    def __init__(self, path: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        self.workers: list[Any] = [
            subprocess.Popen(
                [sys.executable, __file__, str(rank), path],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for rank in range(2)
        ]

    def run_block(self) -> float:
        """Measure while all other jobs are stopped."""
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
        seconds = self.measure()
        self.stop()
        return seconds

    def measure(self) -> float:
        """Let the first worker make its calls; return how many seconds they took."""
        first = self.workers[0]
        print("go", file=first.stdin, flush=True)
        return float(first.stdout.readline())

    def stop(self) -> None:
        """Stop the workers until they are measured again."""
        for worker in self.workers:
            worker.send_signal(signal.SIGSTOP)

    def end(self) -> float:
        """Let the job end; return how many seconds that took."""
        start = time.perf_counter()
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
        for worker in self.workers:
            worker.communicate()
        return time.perf_counter() - start


def work(rank: int, path: str) -> None:
    """Be one worker of a job. Record it if there is a path."""
    import torch
    from torch.distributed import rpc

    backend = rpc.BackendType.TENSORPIPE
    if path:
        from rref_proto.recorder import register_recording_backend

        backend = register_recording_backend(path)
    rpc.init_rpc(f"worker{rank}", backend=backend, rank=rank, world_size=2)
    one = torch.ones(4)
    for _ in sys.stdin if rank == 0 else ():
        start = time.perf_counter()
        for _ in range(CALLS):
            rpc.remote("worker1", torch.add, args=(one, 1)).to_here()
        print(time.perf_counter() - start, flush=True)
    rpc.shutdown()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        work(int(sys.argv[1]), sys.argv[2])
    else:
        main()
