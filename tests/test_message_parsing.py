"""The library's reader of messages and protobuf's own agree on any bytes."""

from __future__ import annotations

import contextlib

import pytest
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError as ProtobufDecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    IValue,
    Message,
    ScalarType,
    ScriptRRefFetchRet,
)
from rref_proto.message import LARGEST_COPIED
from rref_proto.v1 import message_pb2, tensor_pb2

from captures import seeds
from strategies import messages, tensors
from wire import length_delimited, varint

# Protobuf's backends for Python raise the first one. The pure-Python one can raise the others too.
PARSE_ERRORS = (ProtobufDecodeError, RecursionError, UnicodeDecodeError)
# Everything that a conforming writer may send: fields in any order, in pieces, more than once, and
# unknown fields. The library's reader and protobuf's own must agree on all of it.
varints = st.integers(0, 2**64 - 1)
unknown = st.one_of(
    st.tuples(st.integers(200, 300), varints).map(lambda f: varint(f[0] << 3) + varint(f[1])),
    st.tuples(st.integers(200, 300), st.binary(max_size=5)).map(lambda f: length_delimited(*f)),
    st.binary(min_size=8, max_size=8).map(lambda data: varint(250 << 3 | 1) + data),
    st.binary(min_size=4, max_size=4).map(lambda data: varint(250 << 3 | 5) + data),
    # A group, with a field inside that looks like a tensor.
    st.binary(max_size=5).map(
        lambda data: varint(251 << 3 | 3) + length_delimited(101, data) + varint(251 << 3 | 4)
    ),
    # The field number of the tensors, but with a varint instead of a tensor.
    varints.map(lambda value: varint(101 << 3) + varint(value)),
)
tensor_pieces = st.one_of(
    st.sampled_from(ScalarType).map(lambda dtype: bytes([8, dtype])),
    st.lists(st.integers(0, 3), max_size=3).map(lambda sizes: length_delimited(2, bytes(sizes))),
    st.integers(0, 3).map(lambda size: bytes([16, size])),
    st.binary(max_size=8).map(lambda data: length_delimited(3, data)),
    st.booleans().map(lambda grad: bytes([32, grad])),
    st.sampled_from([b"", b"\x0a\x03cpu", b"\x0a\x04cuda", b"\x10\x01"]).map(
        lambda device: length_delimited(5, device)
    ),
    unknown,
)
encoded_tensors = st.one_of(
    tensors()
    .map(lambda tensor: ScriptRRefFetchRet([IValue("tensor_value", tensor)]))
    .map(lambda ret: ret.toMessage().proto.tensors[0].SerializeToString()),
    st.lists(tensor_pieces, max_size=6).map(b"".join),
)
# A tag may be longer than it has to be. Protobuf's pure-Python backend reads only the shortest.
TENSOR = length_delimited(101, b"\x08\x01\x12\x01\x00")
TENSORS_TAG = b"\xaa\x06" if api_implementation.Type() == "python" else b"\xaa\x86\x00"
pieces = st.one_of(
    messages.map(Message.SerializeToString),
    encoded_tensors.map(lambda encoded: length_delimited(101, encoded)),
    encoded_tensors.map(lambda e: TENSORS_TAG + varint(len(e)) + e),
    varints.map(lambda number: varint(100 << 3) + varint(number)),
    unknown,
)


def check_that_both_agree(wire: bytes) -> None:
    """Read `wire` by both parsers: both must read the same, or both must refuse it."""
    try:
        theirs = message_pb2.Message.FromString(wire)
    except PARSE_ERRORS:
        with pytest.raises(DecodeError):
            Message.FromString(wire)
        return
    try:
        expected = Message(theirs)
    except DecodeError:
        with pytest.raises(DecodeError, match="tensors"):
            Message.FromString(wire)
        return
    ours = Message.FromString(wire)
    assert ours == expected
    for tensor in theirs.tensors:
        if tensor.device == tensor_pb2.Device(type="cpu"):
            tensor.ClearField("device")  # no device means the same
    # As bytes: protobuf holds that a NaN is not equal to itself.
    assert ours.proto.SerializeToString() == theirs.SerializeToString()
    again = message_pb2.Message.FromString(ours.SerializeToString())
    assert again.SerializeToString() == theirs.SerializeToString()


@given(st.lists(pieces, max_size=5).map(b"".join))
def test_reads_what_protobufs_own_parser_reads(wire: bytes) -> None:
    check_that_both_agree(wire)


@given(st.sampled_from(seeds()), st.data())
def test_reads_changed_bytes_as_protobufs_own_parser_does(seed: bytes, data: st.DataObject) -> None:
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    changed = changed[: data.draw(st.integers(0, len(seed)))] + data.draw(st.binary(max_size=3))
    check_that_both_agree(bytes(changed))


# A field of a later version, which makes any message so large that its tensors are not copied.
PADDING = length_delimited(999, bytes(LARGEST_COPIED))


def read_or_refused(wire: bytes | bytearray) -> tuple[object, ...]:
    """Return what a message holds that was read, or the error and its place."""
    try:
        message = Message.FromString(wire)
    except DecodeError as error:
        return type(error), error.where
    return message.type, message.id, message.tensors


@given(st.lists(pieces | st.binary(max_size=9), max_size=4).map(b"".join))
def test_small_and_large_messages_are_read_alike(wire: bytes) -> None:
    assert read_or_refused(wire) == read_or_refused(PADDING + wire)
    assert read_or_refused(wire) == read_or_refused(bytearray(wire))


def padded(value: int, size: int) -> bytes:
    """Encode a number as a varint of `size` bytes, which is more than it needs."""
    groups = [value >> 7 * index & 0x7F | 0x80 for index in range(size)]
    return bytes([*groups[:-1], groups[-1] & 0x7F])


@pytest.mark.skipif(
    api_implementation.Type() == "python", reason="the pure-Python backend takes longer varints"
)
@pytest.mark.parametrize("size", range(2, 12))
@pytest.mark.parametrize("number", [3, 101, 999], ids=["data", "tensors", "unknown"])
def test_reads_padded_tags_and_lengths_as_protobufs_own_parser_does(number: int, size: int) -> None:
    tag, content = number << 3 | 2, b"\x08\x01"
    for field in (
        padded(tag, max(size, 2)) + varint(len(content)) + content,
        varint(tag) + padded(len(content), size) + content,
        varint(tag) + padded(1 << 31, max(size, 5)) + content,
        padded(tag | 1 << 33, max(size, 5)) + varint(len(content)) + content,
    ):
        # Each is read as a field of the message, and as a field of a tensor.
        check_that_both_agree(TENSOR + field)
        tensor = b"\x08\x01\x12\x01\x02" + field
        check_that_both_agree(length_delimited(101, tensor))


def test_no_tag_and_no_length_has_more_than_five_bytes() -> None:
    # In a message this large the library itself looks at them, not only protobuf's parser.
    large = PADDING + TENSOR
    for size, outcome in ((5, contextlib.nullcontext()), (6, pytest.raises(DecodeError))):
        with outcome:
            Message.FromString(large + padded(999 << 3 | 2, size) + b"\x00")
        with outcome:
            Message.FromString(large + varint(999 << 3 | 2) + padded(0, size))


@pytest.mark.parametrize("levels", range(96, 103))
def test_groups_in_a_tensor_are_as_deep_as_protobuf_allows(levels: int) -> None:
    groups = varint(251 << 3 | 3) * levels + varint(251 << 3 | 4) * levels
    check_that_both_agree(length_delimited(101, b"\x08\x01\x12\x01\x00" + groups))


# Bytes that both read, bytes that both refuse, and a tensor that only the library refuses.
@example(b"\x80\x06\x01")
@example(b"\xff")
@example(length_delimited(101, b""))
@given(st.binary(max_size=40))
def test_reads_any_bytes_as_protobufs_own_parser_does(wire: bytes) -> None:
    check_that_both_agree(wire)
