"""Pickles of Python's are compared with those that torch itself writes, and read by torch."""

from __future__ import annotations

import operator
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from rref_proto import (
    PythonRemoteException,
    PythonUDF,
    RRefForkData,
    SerializedPyObj,
    Tensor,
)

torch = pytest.importorskip("torch", reason="needs torch")
from torch.distributed import rpc  # noqa: E402 - needs torch
from torch.distributed.rpc import internal  # noqa: E402 - needs torch

PLAIN = {
    "None": None,
    "numbers": [0, 255, 256, 65536, -1, 2**31, -(2**63), 2**64, 10**1000, 1.5, -0.0, True, False],
    "texts": ["", "text", "é" * 300, b"", b"bytes", bytearray(b"x"), bytearray()],
    "containers": ([], (), {}, set(), frozenset(), [1], (1,), {1: 2}, {1}, frozenset([1])),
    "nested": {"a": [{"b": (1, {2: [3]}, {(4, 5)})}] * 3},
    "many": list(range(2500)),
    "long": ["x" * 100_000, b"y" * 100_000, "z" * 70],
    "complex": [1 + 2j, complex("nan")],
}


@pytest.mark.parametrize("value", PLAIN.values(), ids=PLAIN)
def test_torch_writes_the_same_bytes_and_reads_ours(value: Any) -> None:
    ours = SerializedPyObj.from_python(value)
    assert internal.serialize(value) == (ours.payload, [])
    assert repr(internal.deserialize(ours.payload, [])) == repr(value)


def test_tensors_are_in_the_table() -> None:
    first, second = torch.arange(3), torch.ones(2, 2)
    payload, tensors = internal.serialize([first, {"key": second}, first, (second,)])
    python = SerializedPyObj(payload, map(Tensor.from_torch, tensors))
    value = python.to_python()
    assert value[0] is value[2] is python.tensors[0]
    assert SerializedPyObj.from_python(value) == python
    again = internal.deserialize(payload, [tensor.torch() for tensor in python.tensors])
    assert again[0] is again[2]
    assert torch.equal(again[1]["key"], second)


def test_a_call_names_the_function() -> None:
    call = internal.PythonUDF(operator.truediv, (6, 4), {"key": [1]})
    payload, _ = internal.serialize(call)
    ours = PythonUDF("_operator.truediv", (6, 4), {"key": [1]})
    assert SerializedPyObj(payload).to_python() == ours
    assert SerializedPyObj.from_python(ours).payload == payload
    assert internal.deserialize(payload, []) == call


def test_torch_runs_a_call_that_was_written_here() -> None:
    payload = SerializedPyObj.from_python(PythonUDF("operator.truediv", (6, 4))).payload
    assert internal._run_function(internal.deserialize(payload, [])) == 1.5
    inside = SerializedPyObj.from_python(PythonUDF("builtins:str.upper", ("a",))).payload
    assert internal._run_function(internal.deserialize(inside, [])) == "A"


def test_torch_raises_an_exception_that_was_written_here() -> None:
    raised = internal.RemoteException("On worker:\nsomething", ValueError)
    payload, _ = internal.serialize(raised)
    ours = PythonRemoteException("On worker:\nsomething", "builtins.ValueError")
    assert SerializedPyObj(payload).to_python() == ours
    assert SerializedPyObj.from_python(ours).payload == payload
    with pytest.raises(ValueError, match="On worker:\nsomething"):
        internal._handle_exception(internal.deserialize(payload, []))


@pytest.fixture
def _worker() -> Iterator[None]:
    """Start RPC with this process as the only worker."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = rpc.TensorPipeRpcBackendOptions(init_method=f"tcp://localhost:{port}")
    rpc.init_rpc("worker", rank=0, world_size=1, rpc_backend_options=options)
    yield
    rpc.shutdown(graceful=False)


@pytest.mark.filterwarnings("ignore:You are using a Backend")  # torch itself uses it
@pytest.mark.usefixtures("_worker")
def test_an_rref_that_torch_passes_on_is_found_and_written_again() -> None:
    rref = rpc.RRef([1, 2])
    payload, _ = internal.serialize({"key": [rref, rref], "module": torch.nn.Linear(1, 1)})
    assert len(SerializedPyObj(payload).rrefs()) == 1
    payload, _ = internal.serialize({"key": [rref, rref]})
    python = SerializedPyObj(payload)
    (fork,) = python.rrefs()
    assert isinstance(fork, RRefForkData)
    assert (fork.owner_id, fork.parent, fork.type_str) == (0, 0, "List[int]")
    assert python.to_python() == {"key": [fork, fork]}
    assert SerializedPyObj.from_python(python.to_python()) == python
    first, second = internal.deserialize(payload, [])["key"]
    assert first is second
    assert first.local_value() == [1, 2]
