"""One worker of the jobs that record_jobs.py records.

    python scripts/job_worker.py JOB WORKER PORT PATH

JOB and WORKER are keys of JOBS, PORT is free, PATH is that of the recordings, with {name} in it.
At each moment at which libtorch's counts are wanted, the worker prints them as a line of JSON. Then
it reads "again" from standard input, and counts again, or "go on".
"""

from __future__ import annotations

import contextlib
import gc
import json
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch.distributed import rpc

from rref_proto.recorder import register_recording_backend

held: list[Any] = []  # the RRefs that this worker keeps
entered = threading.Event()  # a call has come that waits until `released`
released = threading.Event()


def moment(pending: int = 0) -> None:
    """Let libtorch's counts be noted, all workers at the same moment.

    Of the forks that are held, the owners do not know the number `pending`.
    """
    command = "again"
    while command == "again":
        gc.collect()
        info = rpc._rref_context_get_debug_info()
        names = ("num_owner_rrefs", "num_forks", "num_pending_users")
        counts = {name: int(info[name]) for name in names}
        known = sum(not rref.is_owner() for rref in held) - pending
        answer = {"counts": counts, "known": known, "pending": pending}
        print(json.dumps(answer), flush=True)
        command = sys.stdin.readline().strip()


def keep(rrefs: list[Any]) -> None:
    """Keep RRefs that another worker passes on."""
    held.extend(rrefs)


def drop(count: int) -> None:
    """Drop the RRefs that were kept last."""
    with contextlib.suppress(IndexError):
        for _ in range(count):
            held.pop()


def tensor_value(number: int) -> torch.Tensor:
    """Make a tensor."""
    return torch.full([2], number)


script_value = torch.jit.script(tensor_value)


def python_value(number: int) -> list[int]:
    """Make a value that is no tensor."""
    return [number]


# The tutorial's parameter server. An RRef that a worker makes of its own value is known to its
# owner without any message.


class ParameterServer:
    """Holds parameters, and hands out RRefs of them: new ones each time."""

    def __init__(self) -> None:
        self.parameters = [torch.zeros(2) for _ in range(5)]

    def parameter_rrefs(self) -> list[Any]:
        """Return an RRef of each parameter."""
        return [rpc.RRef(parameter) for parameter in self.parameters]


def call_method(method: Callable[..., Any], rref: Any, *arguments: Any) -> Any:
    """Call a method of what an RRef refers to, on its owner."""
    return method(rref.local_value(), *arguments)


shared: list[Any] = []  # of the server


def shared_rref() -> Any:
    """Return the RRef that the server hands out again and again."""
    return shared[0]


def own_rrefs() -> list[Any]:
    """Return RRefs that are made for this call."""
    return [rpc.RRef(number) for number in range(3)]


def leak(server: Any) -> None:
    """Train for five steps, and never drop the RRefs of the parameters."""
    for _ in range(5):
        rrefs = rpc.rpc_sync("server", call_method, args=(ParameterServer.parameter_rrefs, server))
        rrefs[0].to_here()
        held.extend(rrefs)


def tutorial_server(more: Callable[[], None] = lambda: None) -> None:
    """Pass an RRef of its own to both others."""
    shared.append(rpc.RRef(torch.zeros(3)))
    for other in ("trainer", "observer"):
        rpc.rpc_sync(other, keep, args=([shared[0]],))
    more()
    moment()
    moment()


def tutorial_trainer(more: Callable[[], None] = lambda: None) -> None:
    """Create the parameter server, and leak RRefs that it hands out."""
    server = rpc.remote("server", ParameterServer)
    rpc.rpc_sync("observer", keep, args=([server],))
    held.append(server)
    leak(server)
    more()
    moment()
    leak(server)
    moment()


def tutorial_observer(more: Callable[[], None] = lambda: None) -> None:
    """Get RRefs of the server by calls, and inside a value that it fetches."""
    more()
    held.extend(rpc.remote("server", own_rrefs).to_here())
    moment()
    held.extend(rpc.rpc_sync("server", shared_rref) for _ in range(3))
    moment()


def beside(worker: str) -> None:
    """Create RRefs on the other workers, pass them on, and drop a part of them."""
    chance = random.Random(worker)  # noqa: S311 - the same job each time
    others = [other for other in JOBS["beside"] if other != worker]
    for number in range(5):
        made = [
            rpc.remote(chance.choice(others), function, args=(number,))
            for function in (script_value, python_value) * 3
        ]
        for other in others:
            passed = [rref for rref in made if rref.owner_name() != other and chance.random() < 0.6]
            rpc.rpc_sync(other, keep, args=(passed,))
        held.extend(rref for rref in made if chance.random() < 0.6)
        rpc.rpc_sync(chance.choice(others), drop, args=(2,))


# Calls that wait.


def wait() -> str:
    """Wait until the job goes on."""
    entered.set()
    released.wait()
    return "released"


def unanswered_owner() -> None:
    """Be busy with the first call that comes: the job gives this worker one thread for calls."""
    entered.wait()
    moment()
    released.set()
    moment()


def unanswered_creator() -> None:
    """Create two RRefs, and fetch the first. An owner counts a fork when the function has ended."""
    held.append(rpc.remote("owner", wait))
    held.append(rpc.remote("owner", python_value, args=(1,)))
    fetching = threading.Thread(target=held[0].to_here)
    fetching.start()
    moment(pending=2)
    fetching.join()
    moment()


def hang_first() -> None:
    """Wait for the second worker."""
    waiting = rpc.rpc_async("second", call_third)
    moment()
    waiting.wait()


def call_third() -> str:
    """Wait for the third worker."""
    answer: str = rpc.rpc_sync("third", wait)
    return answer


def hang_third() -> None:
    """Let both others wait."""
    entered.wait()
    moment()
    released.set()


def clean_creator() -> None:
    """Create, fetch, pass on and drop RRefs."""
    for function in (script_value, python_value):
        rref = rpc.remote("owner", function, args=(1,))
        rref.to_here()
        rpc.rpc_sync("user", keep, args=([rref],))
        rpc.rpc_sync("user", drop, args=(1,))
        del rref
    moment()


# What each worker of each job does. The first worker has the id 0, and so on.
JOBS: dict[str, dict[str, Callable[[], None]]] = {
    "tutorial": {
        "server": tutorial_server,
        "trainer": tutorial_trainer,
        "observer": tutorial_observer,
    },
    "beside": {
        "server": lambda: tutorial_server(lambda: beside("server")),
        "trainer": lambda: tutorial_trainer(lambda: beside("trainer")),
        "observer": lambda: tutorial_observer(lambda: beside("observer")),
    },
    "unanswered": {"owner": unanswered_owner, "creator": unanswered_creator},
    "hang": {"first": hang_first, "second": moment, "third": hang_third},
    "clean": {"creator": clean_creator, "owner": moment, "user": moment},
}


def main() -> None:
    """Be the worker that the command line names."""
    job, worker, port, path = sys.argv[1:]
    names = list(JOBS[job])
    torch.set_num_threads(1)
    rpc.init_rpc(
        worker,
        backend=register_recording_backend(path),
        rank=names.index(worker),
        world_size=len(names),
        rpc_backend_options=rpc.TensorPipeRpcBackendOptions(
            num_worker_threads=1 if worker == "owner" else 16,
            init_method=f"tcp://127.0.0.1:{port}",
        ),
    )
    JOBS[job][worker]()
    rpc.shutdown()


if __name__ == "__main__":
    main()
