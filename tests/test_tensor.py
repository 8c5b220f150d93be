"""Tensors, their dtypes and devices, and how they are converted to numpy and back."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import ml_dtypes
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rref_proto
from rref_proto import (
    DecodeError,
    Device,
    EncodeError,
    IValue,
    Message,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
)
from rref_proto.v1 import tensor_pb2

from strategies import devices, tensors


def test_the_dtypes_are_those_of_the_schema() -> None:
    enum = tensor_pb2.ScalarType.DESCRIPTOR
    schema = {v.name.removeprefix("SCALAR_TYPE_").lower(): v.number for v in enum.values}
    assert schema.pop("unspecified") == 0
    assert {each.name: each.value for each in ScalarType} == schema


@pytest.mark.parametrize("dtype", [d for d in ScalarType if d is not ScalarType.complex32])
def test_numpy_knows_every_dtype_and_its_size(dtype: ScalarType) -> None:
    tensor = Tensor(dtype, [2, 3], bytes(6 * dtype.itemsize))
    array = tensor.numpy()
    assert array.dtype.name == dtype.name
    assert array.dtype.itemsize == dtype.itemsize
    assert Tensor.from_numpy(array) == tensor


def test_numpy_has_no_complex32() -> None:
    with pytest.raises(EncodeError, match="numpy has no complex32"):
        Tensor(ScalarType.complex32, [1], bytes(4)).numpy()
    assert ScalarType.complex32.itemsize == 4


@given(tensors())
def test_any_tensor_survives(tensor: Tensor) -> None:
    assert copy.deepcopy(tensor) == tensor
    assert pickle.loads(pickle.dumps(tensor)) == tensor
    assert eval(repr(tensor), vars(rref_proto)) == tensor
    assert hash(copy.copy(tensor)) == hash(tensor)
    message = ScriptRRefFetchRet([IValue("tensor_value", tensor)]).toMessage()
    assert Message.FromString(message.SerializeToString()).tensors == (tensor,)
    assert Message(message.proto).tensors == (tensor,)


def test_an_array_and_its_tensor_share_memory() -> None:
    array = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
    tensor = Tensor.from_numpy(array)
    array[0, 0] = 7
    assert tensor.numpy()[0, 0] == 7
    tensor.numpy()[0, 1] = 8
    assert array[0, 1] == 8
    assert (tensor.sizes, tensor.dtype) == ((2, 3), ScalarType.float32)


def test_an_array_of_read_only_memory_is_read_only() -> None:
    tensor = Tensor(ScalarType.int16, [2], b"\x01\x00\x02\x00")
    assert tensor.numpy().tolist() == [1, 2]
    assert not tensor.numpy().flags.writeable


def test_memory_of_any_alignment_is_shared() -> None:
    buffer = bytearray(17)
    for offset in range(1, 9):
        tensor = Tensor(ScalarType.float64, [1], memoryview(buffer)[offset : offset + 8])
        tensor.numpy()[0] = 1.5
        assert bytes(buffer[offset : offset + 8]) == numpy.float64(1.5).tobytes()


BASE = numpy.arange(24, dtype=numpy.int32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "array",
    [
        BASE.transpose(2, 0, 1),
        BASE[::-1, ::2],
        BASE[:, :, 1],
        BASE.astype(">i4"),
        BASE.astype(">c16"),
        numpy.asfortranarray(BASE),
        numpy.broadcast_to(BASE[0, 0], (2, 3, 4)),
        numpy.array(5, dtype=">u2"),
        numpy.empty((0, 4)),
        numpy.empty((3, 0), dtype=ml_dtypes.bfloat16),
        numpy.array([True, False]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}{array.strides}",
)
def test_any_array_is_read_in_c_order_and_little_endian(array: numpy.ndarray[Any, Any]) -> None:
    tensor = Tensor.from_numpy(array)
    assert tensor.sizes == array.shape
    assert numpy.array_equal(tensor.numpy(), array)
    assert bytes(tensor.data) == array.astype(array.dtype.newbyteorder("<")).tobytes(order="C")


@pytest.mark.parametrize("dtype", ["U3", "S2", "O", "M8[s]", "i4,f4", numpy.longdouble])
def test_refuses_arrays_without_a_scalar_type(dtype: Any) -> None:
    with pytest.raises(EncodeError, match="expected a dtype of ScalarType, got numpy's"):
        Tensor.from_numpy(numpy.zeros(2, dtype))


def test_numpy_has_fewer_dimensions_than_torch() -> None:
    tensor = Tensor(ScalarType.int8, [1] * 70, b"x")
    with pytest.raises(EncodeError, match="numpy cannot hold the tensor"):
        tensor.numpy()


REFUSED: dict[str, tuple[tuple[Any, ...], type[Exception]]] = {
    "dtype": (("float32", [1], b"1234"), EncodeError),
    "dtype 0": ((0, [1], b"1"), EncodeError),
    "too few bytes": ((12, [2], b"1234"), EncodeError),
    "too many bytes": ((12, [], b"12345"), EncodeError),
    "bytes of nothing": ((12, [0, 3], b"1"), EncodeError),
    "negative size": ((12, [-1], b""), EncodeError),
    "size beyond int64": ((12, [2**63], b""), EncodeError),
    "sizes that overflow": ((2, [2**32, 2**32], b""), EncodeError),
    "sizes that overflow beside a zero": ((2, [0, 2**32, 2**32], b""), EncodeError),
    "size of text": ((2, ["1"], b"1"), TypeError),
    "size of bool": ((2, [True], b"1"), TypeError),
    "data of text": ((2, [1], "1"), TypeError),
    "data with gaps": ((2, [2], memoryview(b"1234")[::2]), TypeError),
    "requires_grad of int": ((2, [1], b"1", 1), TypeError),
    "device of text": ((2, [1], b"1", False, "cuda"), TypeError),
}


@pytest.mark.parametrize(("arguments", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_is_not_a_tensor(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match="Tensor"):
        Tensor(*arguments)


def test_data_is_taken_from_any_buffer() -> None:
    floats = numpy.array([1.5, 2.5], dtype=numpy.float32)
    assert Tensor(ScalarType.float32, [2], floats) == Tensor.from_numpy(floats)
    assert Tensor(ScalarType.float32, [2], bytearray(floats.tobytes())).data == floats.tobytes()


def test_tensors_differ_by_what_they_say() -> None:
    tensor = Tensor(ScalarType.int8, [2], b"ab")
    others = [
        Tensor(ScalarType.uint8, [2], b"ab"),
        Tensor(ScalarType.int8, [2, 1], b"ab"),
        Tensor(ScalarType.int8, [2], b"ac"),
        Tensor(ScalarType.int8, [2], b"ab", True),
        Tensor(ScalarType.int8, [2], b"ab", False, Device("cuda")),
        "ab",
    ]
    assert [tensor == other for other in others] == [False] * 6
    with pytest.raises(TypeError, match="its memory can be written"):
        hash(Tensor(ScalarType.int8, [2], bytearray(b"ab")))


def test_a_large_tensor_has_a_short_repr() -> None:
    assert len(repr(Tensor(ScalarType.int8, [10000], bytes(10000)))) < 100


@given(devices)
def test_a_device_is_read_as_it_is_written(device: Device) -> None:
    assert Device.parse(str(device)) == device
    sent = ScriptRRefFetchRet([IValue("device_value", device)])
    assert fromMessage(Message.FromString(sent.toMessage().SerializeToString())) == sent
    assert eval(repr(device), vars(rref_proto)) == device


@pytest.mark.parametrize(
    "text", ["", "cuda:", "cuda:-1", "cuda:01", "cuda:128", "cu da", ":1", "cuda:1:2", "cuda:x"]
)
def test_refuses_what_is_not_a_device(text: str) -> None:
    with pytest.raises(DecodeError, match="expected a device such as"):
        Device.parse(text)


@given(st.integers().filter(lambda index: not 0 <= index <= 127))
def test_refuses_a_device_that_c10_cannot_count(index: int) -> None:
    with pytest.raises(EncodeError, match=r"Device\.index"):
        Device("cuda", index)
    with pytest.raises(EncodeError, match=r"Device\.type"):
        Device("cuda:1")
    with pytest.raises(TypeError, match="expected"):
        Device(3)  # type: ignore[arg-type]
