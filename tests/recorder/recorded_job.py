"""One worker of a real PyTorch job, started by test_recorded_jobs.py.

Called as `recorded_job.py SCENARIO RANK OPTIONS`.

OPTIONS is JSON: `world_size`, `port`, `dynamic` (whether workers join one by one), `path` (of the
recording; null for none), `values`, `queue_bytes`. Prints the result of the scenario, in JSON.
"""

import contextlib
import gc
import json
import random
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.distributed import autograd as dist_autograd
from torch.distributed import rpc

DEADLINE = 120.0
ROUNDS = 40

held: list[Any] = []
finished: list[bool] = []


@torch.jit.script
def script_value(number: int) -> dict[str, torch.Tensor]:
    return {"a value that must not leak": torch.full([4], number)}


def python_value(number: int) -> dict[str, torch.Tensor]:
    return {"a value that must not leak": torch.full([4], number)}


@torch.jit.script
def script_echo(value: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return value


def python_echo(value: Any) -> Any:
    return value


def sparse_value() -> torch.Tensor:
    return torch.eye(3).to_sparse()


def keep(rref: Any) -> None:
    held.append(rref)


def drop() -> None:
    with contextlib.suppress(IndexError):
        held.pop(0)


def finish() -> None:
    finished.append(True)


def counts() -> dict[str, int]:
    """Return what libtorch knows about RRefs on this worker, and how many the scenario holds."""
    info = rpc._rref_context_get_debug_info()
    return {
        "owners": int(info["num_owner_rrefs"]),
        "forks": int(info["num_forks"]),
        "pending": int(info["num_pending_users"]),
        "users": sum(not rref.is_owner() for rref in held),
    }


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.01)


def is_quiet(world_size: int) -> bool:
    """Tell whether the owners know exactly the forks that are held."""
    all_counts = [rpc.rpc_sync(f"worker{rank}", counts) for rank in range(world_size)]
    known, wanted, pending = (
        sum(one[key] for one in all_counts) for key in ("forks", "users", "pending")
    )
    return known == wanted and not pending


def share(rank: int, world_size: int, from_owner: bool) -> dict[str, Any]:
    """Create, pass on and drop RRefs at random. Then wait until the owners know all forks."""
    chance = random.Random(rank)
    others = [other for other in range(world_size) if other != rank]
    mine = []
    for number in range(ROUNDS):
        function = chance.choice([script_value, python_value])
        mine.append(rpc.remote(f"worker{chance.choice(others)}", function, args=(number,)))
        mine[-1].to_here()
        rref = chance.choice(mine)
        # An RRef that is passed on to its owner gets no fork there.
        users = [other for other in others if other != rref.owner().id]
        rpc.rpc_sync(f"worker{chance.choice(users)}", keep, args=(rref,))
        del rref
        if chance.random() < 0.5:
            mine.pop(chance.randrange(len(mine)))
        if chance.random() < 0.5:
            rpc.rpc_sync(f"worker{chance.choice(others)}", drop)
    if from_owner:
        own = rpc.RRef(python_value(rank))
        for other in others:
            rpc.rpc_sync(f"worker{other}", keep, args=(own,))
        mine.append(own)
        del own
    held.extend(mine)
    del mine
    gc.collect()
    rpc.api._wait_all_workers()
    if rank == 0:
        wait_for(lambda: is_quiet(world_size))
    rpc.api._wait_all_workers()
    result = {"time": time.time_ns(), **counts()}
    rpc.api._wait_all_workers()
    held.clear()
    return result


def can_be_called(rank: int) -> bool:
    """Tell whether a worker has joined. torch knows its name a moment before its address."""
    try:
        rpc.rpc_sync(f"worker{rank}", counts)
    except RuntimeError as error:
        if "could not find destination url" not in str(error):
            raise
        return False
    return True


def fetch(rank: int, world_size: int) -> list[Any]:
    """Fetch values from all other workers."""
    wait_for(lambda: len(rpc.api._get_current_rpc_agent().get_worker_infos()) == world_size)
    if rank == 0:
        for other in range(1, world_size):
            wait_for(partial(can_be_called, other))
    results = []
    if rank == 0:
        for other in range(1, world_size):
            for function in (script_value, python_value):
                value = rpc.remote(f"worker{other}", function, args=(other,)).to_here()
                results += [(text, tensor.tolist()) for text, tensor in value.items()]
        for other in range(1, world_size):
            rpc.rpc_sync(f"worker{other}", finish)
    else:
        wait_for(lambda: bool(finished))
    return results


def call(rank: int) -> None:
    """Call a function of either kind, with and without an RRef of its result."""
    if rank == 0:
        value = {"a value that must not leak": torch.full([4], 7)}
        for function in (script_echo, python_echo):
            rpc.rpc_sync("worker1", function, args=(value,))
        for function in (script_echo, python_echo):
            rpc.remote("worker1", function, args=(value,)).to_here()


def fetch_wrapped(rank: int) -> None:
    """Fetch while distributed autograd, and then also the profiler, wraps every message."""
    if rank == 0:
        with dist_autograd.context():
            one = torch.ones(2, requires_grad=True)
            rpc.remote("worker1", torch.add, args=(one, 1)).to_here()
            with torch.autograd.profiler.profile():
                rpc.remote("worker1", torch.add, args=(one, 1)).to_here()


def fetch_sparse(rank: int) -> None:
    """Fetch a sparse tensor, which a recording cannot hold."""
    if rank == 0:
        rpc.remote("worker1", sparse_value).to_here()


def fetch_unwritten(rank: int, path: str) -> None:
    """Fetch while nothing is written: the recording is a pipe, and nobody reads it yet."""
    if rank == 0:
        for number in range(3):
            rpc.remote("worker1", python_value, args=(number,)).to_here()
        threading.Thread(target=Path(path.format(name="worker0", rank=0)).read_bytes).start()


def main() -> None:
    scenario, rank, options = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    world_size = options["world_size"]
    backend = rpc.BackendType.TENSORPIPE
    if options["path"]:
        from rref_proto.recorder import backend as recording_backend
        from rref_proto.recorder import register_recording_backend

        recording_backend.QUEUE_BYTES = options["queue_bytes"]
        backend = register_recording_backend(options["path"], values=options["values"])
        again = register_recording_backend(options["path"], values=options["values"])
        assert again is backend
    torch.set_num_threads(1)
    rpc.init_rpc(
        f"worker{rank}",
        backend=backend,
        rank=rank,
        world_size=None if options["dynamic"] else world_size,
        rpc_backend_options=rpc.TensorPipeRpcBackendOptions(
            init_method=f"tcp://127.0.0.1:{options['port']}"
        ),
    )
    scenarios: dict[str, Callable[[], Any]] = {
        "share": lambda: share(rank, world_size, from_owner=False),
        "share from owner": lambda: share(rank, world_size, from_owner=True),
        "call": lambda: call(rank),
        "fetch": lambda: fetch(rank, world_size),
        "fetch and exit": lambda: fetch(rank, world_size),
        "fetch wrapped": lambda: fetch_wrapped(rank),
        "fetch unwritten": lambda: fetch_unwritten(rank, options["path"]),
        "fetch sparse": lambda: fetch_sparse(rank),
    }
    print(json.dumps(scenarios[scenario]()), flush=True)
    if scenario != "fetch and exit":
        rpc.shutdown()


if __name__ == "__main__":
    main()
