"""The table of tensors: written as libtorch writes it; read with strides and shared storages."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import Device, EncodeError, ScalarType, Tensor
from rref_proto.tensorpipe.limits import Limits
from rref_proto.tensorpipe.strides import strides_of
from rref_proto.tensorpipe.tensor_table import (
    NO_TENSOR,
    STORAGES,
    ReadTable,
    read_table,
    write_table,
)

from pipe_pair import sendable
from strategies import tensors
from work import LARGEST_GROWTH, growth_of, peak_of

FLOATS = struct.pack("<6f", *range(6))
# Of PyTorch 2.13.0, for a message of two tensors of two floats, and for one of none.
TWO = (
    b"\x80\x02ctorch.jit._pickle\nbuild_tensorlist\nq\x00(](ctorch._utils\n_rebuild_tensor_v2\nq\x01"
    b"((X\x07\x00\x00\x00storageq\x02ctorch\nFloatStorage\nq\x03X\x01\x00\x00\x000q\x04"
    b"X\x03\x00\x00\x00cpuq\x05K\x02tQq\x06K\x00(K\x02t(K\x01t\x89ccollections\nOrderedDict\nq\x07)R"
    b"tRq\x08h\x01((h\x02h\x03X\x01\x00\x00\x001q\th\x05K\x02tQq\nK\x00(K\x02t(K\x01t\x89h\x07)R"
    b"tRq\x0betR."
)
NONE = b"\x80\x02ctorch.jit._pickle\nbuild_tensorlist\nq\x00(](etR."


def number(value: int) -> bytes:
    if value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def storage(length: int, buffer: str = "0", name: str = "Float", device: str = "cpu") -> bytes:
    return b"(" + text("storage") + f"ctorch\n{name}Storage\n".encode() + text(buffer) + text(
        device
    ) + number(length) + b"tQ"  # fmt: skip


def view(where: bytes, offset: int, sizes: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    return b"(" + where + number(offset) + numbers(sizes) + numbers(strides) + b"\x89)t"


def rebuilt(arguments: bytes, function: str = "torch._utils\n_rebuild_tensor_v2") -> bytes:
    return f"c{function}\n".encode() + arguments + b"R"


def table(*items: bytes) -> bytes:
    return b"\x80\x02ctorch.jit._pickle\nbuild_tensorlist\n(](" + b"".join(items) + b"etR."


def read(items: bytes, *buffers: bytes, limits: Limits | None = None) -> ReadTable:
    return read_table(table(items), list(map(memoryview, buffers)), limits or Limits())


def floats(tensor: Tensor) -> list[float]:
    return [value for (value,) in struct.iter_unpack("<f", tensor.data)]


def test_a_table_has_the_bytes_that_libtorch_writes() -> None:
    two = [Tensor(ScalarType.float32, [2], bytes(8)) for _ in range(2)]
    assert write_table(two)[0] == TWO
    assert write_table([]) == (NONE, [])
    assert read_table(NONE, []) == ReadTable((), None)


def test_buffers_are_views_of_the_tensors_memory() -> None:
    memory = bytearray(8)
    _, (buffer,) = write_table([Tensor(ScalarType.float32, [2], memory)])
    memory[0] = 1
    assert buffer[0] == 1


def test_a_tensor_that_is_there_twice_is_one_buffer() -> None:
    tensor = Tensor(ScalarType.float32, [2], FLOATS[:8])
    written, buffers = write_table([tensor, tensor])
    assert len(buffers) == 1
    read_back = read_table(written, buffers).tensors
    assert read_back == (tensor, tensor)
    assert read_back[0] is read_back[1]


@given(st.lists(tensors(), max_size=40))
def test_every_table_is_read_back(written: list[Tensor]) -> None:
    tensors_to_send = tuple(map(sendable, written))
    assert read_table(*write_table(tensors_to_send)) == ReadTable(tensors_to_send, None)


def test_every_type_has_a_storage() -> None:
    assert STORAGES.keys() == set(ScalarType)
    for dtype in ScalarType:
        tensor = Tensor(dtype, [1], bytes(dtype.itemsize))
        assert read_table(*write_table([tensor])).tensors == (tensor,)


def test_a_tensor_of_another_device_is_not_written() -> None:
    with pytest.raises(EncodeError, match="on the cpu, got one on cuda:1"):
        write_table([Tensor(ScalarType.int8, [1], b"a", device=Device("cuda", 1))])


def test_ints_that_require_gradients_are_neither_written_nor_read() -> None:
    with pytest.raises(EncodeError, match="no gradients of int64"):
        write_table([Tensor(ScalarType.int64, [1], bytes(8), requires_grad=True)])
    table, buffers = write_table([Tensor(ScalarType.float64, [1], bytes(8), requires_grad=True)])
    assert read_table(table, buffers).error is None
    tensors, error = read_table(table.replace(b"DoubleS", b"LongS"), buffers)
    assert "no gradients of int64" in str(error)
    assert tensors == (NO_TENSOR,)


def test_a_view_is_read_by_its_offset_and_strides() -> None:
    (transposed,), error = read(rebuilt(view(storage(6), 0, (3, 2), (1, 3))), FLOATS)
    assert error is None
    assert floats(transposed) == [0, 3, 1, 4, 2, 5]
    (column,), _ = read(rebuilt(view(storage(6), 1, (2,), (3,))), FLOATS)
    assert floats(column) == [1, 4]
    (scalar,), _ = read(rebuilt(view(storage(6), 5, (), ())), FLOATS)
    assert (floats(scalar), scalar.sizes) == ([5], ())
    (expanded,), _ = read(rebuilt(view(storage(6), 2, (2, 3), (0, 0))), FLOATS)
    assert floats(expanded) == [2] * 6
    (far,), _ = read(rebuilt(view(storage(6), 0, (1, 2), (2**40, 3))), FLOATS)
    assert floats(far) == [0, 3]
    (empty,), _ = read(rebuilt(view(storage(0), 0, (0, 3), (3, 1))), b"")
    assert (empty.sizes, len(empty.data)) == ((0, 3), 0)


def test_elements_of_more_than_a_word_are_copied_whole() -> None:
    memory = bytes(range(64))
    columns = rebuilt(view(storage(4, name="ComplexDouble"), 0, (2, 2), (1, 2)))
    (tensor,), error = read(columns, memory)
    assert error is None
    assert tensor.data == memory[:16] + memory[32:48] + memory[16:32] + memory[48:]


def test_a_contiguous_view_is_not_copied() -> None:
    memory = bytearray(FLOATS)
    (rows,), _ = read(rebuilt(view(storage(6), 2, (2, 1, 2), (2, 17, 1))), memory)
    assert floats(rows) == [2, 3, 4, 5]
    memory[8:12] = struct.pack("<f", 7)
    assert floats(rows) == [7, 3, 4, 5]


def test_tensors_share_a_storage() -> None:
    items = rebuilt(view(storage(6) + b"q\x05", 0, (2,), (1,)))
    items += rebuilt(view(b"h\x05", 4, (2,), (1,)))
    (first, second), error = read(items, FLOATS)
    assert error is None
    assert (floats(first), floats(second)) == ([0, 1], [4, 5])


@st.composite
def strided(draw: st.DrawFn) -> tuple[ScalarType, int, tuple[int, ...], tuple[int, ...]]:
    sizes = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    strides = tuple(draw(st.integers(0, 6)) for _ in sizes)
    return draw(st.sampled_from(ScalarType)), draw(st.integers(0, 5)), sizes, strides


@given(strided())
def test_every_view_has_the_elements_that_its_strides_tell(
    drawn: tuple[ScalarType, int, tuple[int, ...], tuple[int, ...]],
) -> None:
    dtype, offset, sizes, strides = drawn
    length = (
        offset
        + sum(max(size - 1, 0) * stride for size, stride in zip(sizes, strides, strict=True))
        + 1
    )
    width = dtype.itemsize
    memory = bytes(number % 251 for number in range(length * width))
    places = [
        offset + sum(index * stride for index, stride in zip(place, strides, strict=True))
        for place in product(*map(range, sizes))
    ]
    (tensor,), error = read(
        rebuilt(view(storage(length, name=STORAGES[dtype]), offset, sizes, strides)), memory
    )
    assert error is None
    expected = b"".join(memory[each * width : (each + 1) * width] for each in places)
    assert tensor == Tensor(dtype, sizes, expected)


# What one message has that cannot be read, and why; the other tensor of the message is read.
SPARSE = "torch._utils\n_rebuild_sparse_tensor"
QUANTIZED = "torch._utils\n_rebuild_qtensor"
UNREAD = {
    "sparse": (rebuilt(b"(K\x00Nt", SPARSE), "got a sparse tensor, built by torch._utils"),
    "quantized": (
        rebuilt(b"(G" + bytes(8) + b"}(K\x01K\x02uK\x00t", QUANTIZED), "got a quantized tensor"
    ),
    "conjugated": (
        rebuilt(view(storage(6), 0, (), ())[:-1] + b"}(" + text("conj") + b"\x88ut"),
        "got a conjugated or negated tensor",
    ),
    "another kind": (rebuilt(b")", "torch._utils\n_new"), "built by torch._utils._new"),
    "another type": (
        rebuilt(view(storage(1, name="Bits16"), 0, (), ())), "a ScalarType, got Bits16Storage"
    ),
    "another device": (
        rebuilt(view(storage(1, device="cuda:0"), 0, (), ())), "one of another device"
    ),
    "no such buffer": (rebuilt(view(storage(1, "7"), 0, (), ())), "one of 1 buffers, got number 7"),
    "a short buffer": (rebuilt(view(storage(7), 0, (), ())), "28 bytes in a buffer, got 24"),
    "behind the end": (rebuilt(view(storage(6), 1, (2,), (5,))), "at most 6 elements, got 7"),
    "far behind": (
        rebuilt(view(storage(6), 0, (2**31 - 1,) * 60, (0,) * 60)), "unfold to no more than"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("item", "problem"), UNREAD.values(), ids=UNREAD.keys())
def test_a_tensor_that_cannot_be_read_leaves_the_others(item: bytes, problem: str) -> None:
    good = rebuilt(view(storage(6), 0, (1,), (1,)))
    (first, unread, last), error = read(good + item + good, FLOATS)
    assert unread is NO_TENSOR
    assert floats(first) == floats(last) == [0]
    assert error is not None
    assert problem in str(error)


GOOD = rebuilt(view(storage(6), 0, (1,), (1,)))
REFUSED = {
    "no pickle": (b"hello", "expected a pickle of protocol 2"),
    "half": (TWO[:-1], "expected 1 more bytes"),
    "an opcode of Python's": (b"\x80\x02\x95", "an opcode that libtorch writes, got 0x95"),
    "no list": (b"\x80\x02K\x01.", "expected a list of tensors, got 1"),
    "two values": (b"\x80\x02K\x01K\x01.", "expected one value at the end, got 2"),
    "no tensors": (table(b"K\x01"), "expected tensors only, got 1"),
    "two lists": (b"\x80\x02ctorch.jit._pickle\nbuild_tensorlist\n(]]tR.", "expected one list"),
    "no memo": (table(b"h\x00"), "a memo index that is set, got 0"),
    "a list in the memo": (b"\x80\x02]q\x00", "a whole value to memoize, got a list"),
    "no function": (b"\x80\x02K\x01)R", "a global and a tuple of arguments"),
    "no arguments": (table(rebuilt(b")")), "the arguments of _rebuild_tensor_v2"),
    "no storage": (table(b"K\x01Q"), "what tells a storage, got 1"),
    "no buffer": (table(storage(1, buffer="x")), "what tells a storage"),
    "a long buffer": (table(storage(1, buffer="1" * 11)), "what tells a storage"),
    "a negative size": (table(rebuilt(view(storage(6), 0, (-1,), (1,)))), "from 0 on"),
    "a negative stride": (table(rebuilt(view(storage(6), 5, (2,), (-1,)))), "from 0 on"),
    "other strides": (table(rebuilt(view(storage(6), 0, (1, 1), (1,)))), "the arguments of"),
    "dimensions": (table(rebuilt(view(storage(6), 0, (1,) * 65, (1,) * 65))), "at most 64 dim"),
    "a short long": (b"\x80\x02\x8a\x01\x01", "a long of 8 bytes, got 1"),
    "no text": (b"\x80\x02X\x01\x00\x00\x00\xff", "text in UTF-8"),
    "nothing to append to": (b"\x80\x02K\x01(e", "a list to append to, got 1"),
}


@pytest.mark.parametrize(("written", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_table_leaves_a_place_for_each_buffer(written: bytes, problem: str) -> None:
    tensors, error = read_table(written, [memoryview(FLOATS)] * 2)
    assert tensors == (NO_TENSOR, NO_TENSOR)
    assert error is not None
    assert problem in str(error)
    assert "of the table of tensors" in str(error)


def test_a_table_with_any_bit_flipped_is_read_or_refused() -> None:
    buffers = [memoryview(FLOATS[:8])] * 2
    errors = [read_table(changed, buffers).error for changed in with_a_bit_flipped(TWO)]
    assert None in errors
    assert any(errors)


def with_a_bit_flipped(data: bytes) -> Iterator[bytes]:
    for position in range(8 * len(data)):
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)


def test_views_that_unfold_out_of_proportion_are_refused() -> None:
    wide = rebuilt(view(storage(6), 0, (10_000, 10_000), (0, 0)))
    limits = Limits(unfolded=1 << 16)

    def attempt() -> None:
        _, error = read(wide * 5, FLOATS, limits=limits)
        assert "unfold to no more than" in str(error)

    assert peak_of(attempt) < 1_000_000
    (allowed,), error = read(
        rebuilt(view(storage(6), 0, (100, 100), (0, 0))), FLOATS, limits=limits
    )
    assert (error, len(allowed.data)) == (None, 40_000)


def test_many_views_are_no_more_work_for_each() -> None:
    growing: dict[str, Callable[[int], bytes]] = {
        "views": lambda size: GOOD * size,
        "references": lambda size: GOOD + b"q\x01" + b"h\x01" * size,
        "sizes": lambda size: rebuilt(view(storage(6), 0, (1,) * size, (1,) * size)),
        "long names": lambda size: b"X" + struct.pack("<I", size) + b"1" * size + b"q\x01" + (
            b"(" + text("storage") + b"ctorch\nFloatStorage\nh\x01" + text("cpu") + b"K\x01tQ"
        ) * size,
    }  # fmt: skip
    for name, items in growing.items():
        grown = growth_of(lambda size: read(items(size), FLOATS), 300)
        assert grown < LARGEST_GROWTH, name


def test_copying_views_is_work_in_proportion() -> None:
    def transposed(size: int) -> None:
        sizes = (2,) * size.bit_length()
        strides = tuple(reversed(strides_of(sizes)))
        length = prod(sizes)
        (tensor,), error = read(
            rebuilt(view(storage(length, name="Byte"), 0, sizes, strides)), bytes(length)
        )
        assert (error, len(tensor.data)) == (None, length)

    assert growth_of(transposed, 1 << 8) < LARGEST_GROWTH
