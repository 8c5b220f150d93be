"""A worker of the small job that record_pipes.py records. It is a job like any other.

python scripts/pipe_job.py RANK PORT
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.distributed import rpc

NAMES = ["w0", "w1"]
DTYPES = [
    torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16,
    torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64,
    torch.complex32, torch.complex64, torch.complex128, torch.float8_e4m3fn,
    torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
]  # fmt: skip


def numbers() -> torch.Tensor:
    """Make twelve numbers."""
    return torch.arange(12, dtype=torch.float32)


def echo(value: Any) -> Any:
    """Return the argument."""
    return value


def doubled(value: torch.Tensor) -> torch.Tensor:
    """Double a tensor."""
    return value * 2


double = torch.jit.script(doubled)


def of_all_types() -> list[torch.Tensor]:
    """Make a tensor of each type."""
    return [torch.zeros(2, dtype=torch.uint8).repeat(8).view(dtype) for dtype in DTYPES]


def views() -> list[torch.Tensor]:
    """Make views of one storage, and tensors without elements or with one."""
    rows = numbers().view(3, 4)
    return [
        rows, rows.t(), rows[1:, 1:3], rows[0].expand(2, 4), rows[2, 3], torch.empty(0, 3),
        torch.tensor(7), numbers().requires_grad_(),
    ]  # fmt: skip


def same() -> list[torch.Tensor]:
    """Make one tensor that is there twice."""
    return [numbers()] * 2


def other_kinds() -> dict[str, Callable[[], torch.Tensor]]:
    """Return what makes each kind of tensor that is not dense, or has a mark."""
    pairs = torch.complex(numbers(), numbers())
    return {
        "sparse": lambda: torch.eye(2).to_sparse(),
        "quantized": lambda: torch.quantize_per_tensor(numbers(), 0.5, 1, torch.qint8),
        "conjugated": pairs.conj,
        "negated": lambda: pairs.conj().imag,
    }


def run(other: str) -> None:
    """Call the other worker in all ways that do not fail: an error would have paths in it."""
    rpc.rpc_sync(other, torch.add, args=(torch.ones(2), torch.ones(2) * 10))
    rpc.rpc_sync(other, double, args=(numbers(),))
    for value in (of_all_types(), views(), same(), numbers(), "text", None):
        rpc.rpc_sync(other, echo, args=(value,))
    for make in other_kinds().values():
        rpc.rpc_sync(other, echo, args=([numbers(), make(), numbers()],))
    rpc.rpc_sync(other, echo, args=([torch.full([1], each) for each in range(100)],))
    rref = rpc.remote(other, double, args=(numbers(),))
    rref.to_here()
    rpc.rpc_sync(other, echo, args=(rref,))
    rpc.remote(other, echo, args=([1, numbers()],)).to_here()
    del rref


def main() -> None:
    """Be the worker that the command line names."""
    rank, port = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    options = rpc.TensorPipeRpcBackendOptions(
        num_worker_threads=4,
        init_method=f"tcp://127.0.0.1:{port}",
        _transports=["uv"],
        _channels=["basic"],
    )
    rpc.init_rpc(NAMES[rank], rank=rank, world_size=2, rpc_backend_options=options)
    run(NAMES[1 - rank])
    rpc.shutdown()


if __name__ == "__main__":
    main()
