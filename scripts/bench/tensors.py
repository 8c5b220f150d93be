"""The speed of writing and reading tensors of 1 MiB and 64 MiB, with and without a copy."""

from __future__ import annotations

import importlib.util
import io
import pickle
from collections.abc import Callable, Iterator
from functools import partial

import numpy
import safetensors.numpy
from timing import Row, Table, compare

from rref_proto import IValue, Message, ScriptRRefFetchRet, Tensor
from rref_proto.v1 import message_pb2

MIB = 1 << 20


def message_of(size: int) -> Message:
    """Make a ScriptRRefFetchRet with one tensor of `size` bytes."""
    tensor = Tensor.from_numpy(numpy.arange(size // 4, dtype=numpy.float32))
    return ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage()


def growth_table() -> Table:
    """Measure what must take the same time for a small and a large tensor."""
    contenders: dict[str, Callable[[], object]] = {}
    for size in (1, 64):
        message = message_of(size * MIB)
        wire = message.SerializeToString()
        contenders[f"to_parts of {size} MiB"] = message.to_parts
        contenders[f"FromString of {size} MiB"] = lambda wire=wire: Message.FromString(wire)  # type: ignore[misc]
    return compare("No copy: 1 MiB against 64 MiB", contenders)


def out_contenders(array: numpy.ndarray) -> dict[str, Callable[[], object]]:  # type: ignore[type-arg]
    """Return ways to turn a tensor into bytes. Those without a copy return several buffers."""
    message = message_of(array.nbytes)
    parts = message.to_parts()
    stub = message.proto

    def stubs() -> bytes:
        proto = message_pb2.Message()
        proto.CopyFrom(stub)
        proto.tensors[0].data = array.tobytes()
        return proto.SerializeToString()

    def out_of_band() -> list[object]:
        buffers: list[object] = []
        return [pickle.dumps(array, 5, buffer_callback=buffers.append), *buffers]

    return {
        'b"".join of the parts': partial(b"".join, parts),
        "rref_proto: SerializeToString": message.SerializeToString,
        "rref_proto: to_parts (no copy)": message.to_parts,
        "generated stubs": stubs,
        "pickle 5 in band": lambda: pickle.dumps(array, 5),
        "pickle 5 out of band (no copy)": out_of_band,
        "safetensors": lambda: safetensors.numpy.save({"t": array}),
        **_torch_out(array),
    }


def in_contenders(array: numpy.ndarray) -> dict[str, Callable[[], object]]:  # type: ignore[type-arg]
    """Return ways to turn bytes into a tensor."""
    wire = message_of(array.nbytes).SerializeToString()
    in_band, safe = pickle.dumps(array, 5), safetensors.numpy.save({"t": array})
    buffers: list[pickle.PickleBuffer] = []
    out_of_band = pickle.dumps(array, 5, buffer_callback=buffers.append)

    def ours() -> object:
        return Message.FromString(wire).tensors[0].numpy()

    def stubs() -> object:
        tensor = message_pb2.Message.FromString(wire).tensors[0]
        return numpy.frombuffer(tensor.data, numpy.float32)

    return {
        "rref_proto: FromString, numpy (no copy)": ours,
        "generated stubs": stubs,
        "pickle 5 in band": lambda: pickle.loads(in_band),
        "pickle 5 out of band (no copy)": lambda: pickle.loads(out_of_band, buffers=buffers),
        "safetensors": lambda: safetensors.numpy.load(safe),
        **_torch_in(array),
    }


def _torch_out(array: numpy.ndarray) -> dict[str, Callable[[], object]]:  # type: ignore[type-arg]
    if not importlib.util.find_spec("torch"):
        return {}
    import torch

    tensor = torch.from_numpy(array)

    def save() -> bytes:
        file = io.BytesIO()
        torch.save(tensor, file)
        return file.getvalue()

    return {"torch.save": save}


def _torch_in(array: numpy.ndarray) -> dict[str, Callable[[], object]]:  # type: ignore[type-arg]
    saved = _torch_out(array)
    if not saved:
        return {}
    import torch

    encoded = saved["torch.save"]()
    return {"torch.load": lambda: torch.load(io.BytesIO(encoded))}  # type: ignore[arg-type]


def tables() -> Iterator[Table]:
    """Measure all tables."""
    growth = growth_table().rows
    yield Table("to_parts does not copy", [Row(*row) for row in growth[::2]])
    yield Table("FromString does not copy", [Row(*row) for row in growth[1::2]])
    for size in (1, 64):
        array = numpy.arange(size * MIB // 4, dtype=numpy.float32)
        yield compare(f"{size} MiB out", out_contenders(array))
        yield compare(f"{size} MiB in", in_contenders(array))
