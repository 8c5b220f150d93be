"""Tensors are converted to torch and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import Device, EncodeError, Message, ScalarType, ScriptRRefFetchRet, Tensor
from rref_proto.ivalue import IValue

torch = pytest.importorskip("torch", reason="needs torch")
pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")


@pytest.mark.parametrize("dtype", ScalarType, ids=lambda dtype: dtype.name)
def test_torch_knows_every_dtype(dtype: ScalarType) -> None:
    data = bytes([1]) * (6 * dtype.itemsize)
    tensor = Tensor(dtype, [2, 3], data)
    ours = tensor.torch()
    assert ours.dtype == getattr(torch, dtype.name)
    assert ours.dtype.itemsize == dtype.itemsize
    assert tuple(ours.shape) == (2, 3)
    assert Tensor.from_torch(ours) == tensor


def test_a_torch_tensor_and_its_tensor_share_memory() -> None:
    theirs = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    tensor = Tensor.from_torch(theirs)
    theirs[0, 0] = 7
    assert tensor.torch()[0, 0] == 7
    tensor.torch()[1, 2] = 8
    assert theirs[1, 2] == 8
    parts = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage().to_parts()
    theirs[0, 1] = 9
    (view,) = (part for part in parts if isinstance(part, memoryview))
    assert view == memoryview(theirs.numpy()).cast("B")


def test_memory_of_any_alignment_is_shared() -> None:
    buffer = bytearray(17)
    for offset in range(1, 9):
        tensor = Tensor(ScalarType.float64, [1], memoryview(buffer)[offset : offset + 8])
        tensor.torch()[0] = 1.5
        assert tensor.numpy()[0] == 1.5


BASE = torch.arange(24, dtype=torch.int32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "theirs",
    [
        BASE.permute(2, 0, 1),
        BASE[::2, 1:],
        BASE[0, 0].expand(5, 4),
        torch.tensor(5, dtype=torch.int16),
        torch.empty((0, 4)),
        torch.empty((3, 0), dtype=torch.bfloat16),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1 + 2j]).conj().imag,
        torch.ones(3, requires_grad=True),
        torch.ones(3, requires_grad=True) * 2,
        torch.nn.Parameter(torch.ones(2, 2)),
    ],
    ids=lambda theirs: f"{theirs.dtype}{tuple(theirs.shape)}{theirs.stride()}",
)
def test_any_dense_tensor_is_read_in_c_order(theirs: Any) -> None:
    tensor = Tensor.from_torch(theirs)
    assert tensor.sizes == tuple(theirs.shape)
    assert tensor.requires_grad == theirs.requires_grad
    assert torch.equal(tensor.torch(), theirs.detach().resolve_conj().resolve_neg())
    assert tensor.torch().requires_grad == theirs.requires_grad
    wire = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage().SerializeToString()
    assert Message.FromString(wire).tensors == (tensor,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.eye(2).to_sparse(),
        lambda: torch.empty(2, device="meta"),
        lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    ],
    ids=["sparse", "meta", "quantized"],
)
def test_refuses_tensors_without_plain_bytes(make: Callable[[], Any]) -> None:
    with pytest.raises(EncodeError, match="expected a dense tensor with memory"):
        Tensor.from_torch(make())


def test_a_device_is_told_and_the_memory_is_on_the_cpu() -> None:
    tensor = Tensor(ScalarType.uint8, [1], b"x", False, Device("cuda", 3))
    assert tensor.torch().device.type == "cpu"


def test_the_devices_and_types_are_those_of_torch() -> None:
    assert str(Device("cuda", 3)) == str(torch.device("cuda", 3))
    missing = [dtype.name for dtype in ScalarType if not hasattr(torch, dtype.name)]
    assert missing == []
    dense = {
        name
        for name, value in vars(torch).items()
        if isinstance(value, torch.dtype) and str(value) == f"torch.{name}"
    }
    packed = {name for name in dense if name.startswith(("q", "bits", "float4"))}
    odd_bits = {f"{sign}int{bits}" for sign in ("", "u") for bits in range(1, 8)}
    assert dense - packed - odd_bits == {dtype.name for dtype in ScalarType}
