"""Records, and the files that hold them."""

from __future__ import annotations

import dataclasses
import io
import json
import mmap
from itertools import permutations
from pathlib import Path

import numpy
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    Device,
    EncodeError,
    ForkId,
    IValue,
    Message,
    NativeMessage,
    OmittedValue,
    PythonRRefFetchRet,
    RecordedMessage,
    RRefAck,
    RRefFetchRet,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    libtorch,
    omit_values,
    read_recording,
    write_recording,
)
from rref_proto.v1 import message_pb2, recording_pb2, tensor_pb2

from captures import DATA
from strategies import python_returns, records, records_without_nan, script_returns
from wire import length_delimited, varint

ACK = RRefAck().toMessage()


def encode(*written: RecordedMessage) -> bytes:
    file = io.BytesIO()
    assert write_recording(file, written) == len(written)
    return file.getvalue()


def decode(recording: bytes) -> list[RecordedMessage]:
    from_file = list(read_recording(io.BytesIO(recording)))
    assert list(read_recording(recording)) == from_file
    return from_file


@pytest.mark.parametrize(("name", "count"), [("lifecycle", 37), ("holding", 194)])
def test_a_recording_holds_what_its_capture_holds(name: str, count: int) -> None:
    read = decode((DATA / f"{name}.rref").read_bytes())
    assert len(read) == count
    assert encode(*read) == (DATA / f"{name}.rref").read_bytes()


@given(st.lists(records, max_size=4))
def test_any_recording_survives(written: list[RecordedMessage]) -> None:
    assert decode(encode(*written)) == written


@given(records_without_nan)
def test_writes_what_the_generated_code_reads(record: RecordedMessage) -> None:
    proto = recording_pb2.RecordedMessage.FromString(b"".join(record.to_parts()))
    assert proto.time.ToNanoseconds() == record.time
    assert (proto.from_worker_id, proto.to_worker_id) == (
        record.from_worker_id,
        record.to_worker_id,
    )
    assert Message(proto.message) == record.message
    assert proto.SerializeToString() == b"".join(record.to_parts())
    assert record.proto.SerializeToString() == proto.SerializeToString()


@given(records)
def test_is_told_in_protobufs_json(record: RecordedMessage) -> None:
    text = record.to_json()
    assert text.splitlines() == [text]
    assert json.loads(text) == json_format.MessageToDict(record.proto)
    assert json.loads(record.to_json(indent=2)) == json.loads(text)


def test_the_generated_message_is_a_copy() -> None:
    record = RecordedMessage(1, 0, 1, ACK, "sender")
    proto = record.proto
    proto.from_worker_name = "another"
    proto.message.id = 7
    assert (record.from_worker_name, record.message.id) == ("sender", None)


def test_what_a_later_version_adds_is_kept_in_the_generated_message() -> None:
    later = b"\xc2\x3e\x03abc"  # a field that no version has yet
    (record,) = decode(recording_with(later))
    assert record.proto.SerializeToString().endswith(later)
    assert record.proto.SerializeToString() == b"".join(record.to_parts())


def recording_with(fields: bytes) -> bytes:
    """Return a recording of one record that has further fields."""
    encoded = b"".join(RecordedMessage(0, 0, 1, ACK).to_parts()) + fields
    return bytes([len(encoded)]) + encoded


def test_recordings_can_be_concatenated() -> None:
    one, other = RecordedMessage(1, 2, 3, ACK), RecordedMessage(4, 5, 6, ACK)
    assert decode(encode(one) + encode(other)) == [one, other]
    assert decode(b"") == []


def test_every_cut_is_noticed_and_what_came_before_is_read() -> None:
    written = [RecordedMessage(n, n, 0, ACK.with_id(n)) for n in range(3)]
    ends = [len(encode(*written[:count])) for count in range(4)]
    whole = encode(*written)
    for size in range(len(whole)):
        before = max(count for count, end in enumerate(ends) if end <= size)
        for source in (whole[:size], io.BytesIO(whole[:size])):
            reader = read_recording(source)
            assert [next(reader) for _ in range(before)] == written[:before]
            if size in ends:
                assert next(reader, None) is None
            else:
                with pytest.raises(DecodeError, match=rf"^record {before} at byte {ends[before]}"):
                    next(reader)


@pytest.mark.parametrize(
    ("recording", "problem"),
    [
        (b"\x80", "^record 0 at byte 0: expected a varint, got its beginning only"),
        (b"\xff" * 11, "^record 0 at byte 0: expected a varint, got its beginning only"),
        (b"\xff\xff\xff\xff\x0f", "at most 2147483647 bytes, got 4294967295"),
        (b"\xff\xff\xff\xff\x07rest", "of 2147483647 bytes, got 4: cut off"),
        (b"\x00", "message: expected a Message, found none"),
        (b"\x02\x10\x01", "message: expected a Message, found none"),
        # Bytes are read by our reader of fields, and a small record in a file by protobuf's.
        (
            b"\x02\x07\x01",
            "^record 0 at byte 0: expected (a whole field|the wire bytes)",
        ),
        (
            b"\x05\x10\x80\x80\x02\x22",
            "^record 0 at byte 0: expected (a varint|the wire bytes)",
        ),
        (b"\x06\x10\x80\x80\x02\x22\x00", "from_worker_id: expected an integer"),
        (
            b"\x07\x0a\x03\x10\x80\x80\x22\x00",
            "^record 0 at byte 0: expected the wire bytes of a Rec",
        ),
    ],
)
def test_refuses_what_is_not_a_recording(recording: bytes, problem: str) -> None:
    for source in (recording, io.BytesIO(recording)):
        with pytest.raises(DecodeError, match=problem):
            list(read_recording(source))


def test_refuses_a_time_with_too_many_nanoseconds() -> None:
    proto = recording_pb2.RecordedMessage(message=message_pb2.Message(id=1))
    proto.time.nanos = 1_000_000_000
    wire = proto.SerializeToString()
    with pytest.raises(DecodeError, match="time: expected from 0 to 999999999 nanoseconds"):
        list(read_recording(bytes([len(wire)]) + wire))


def in_pieces(*pieces: bytes) -> bytes:
    """Return a recording of one record, whose message comes in several pieces."""
    wire = b"".join(length_delimited(4, piece) for piece in pieces)
    return varint(len(wire)) + wire


@pytest.mark.parametrize("data", [b"x", b"\xaa"], ids=["plain", "looks like a tensor"])
def test_a_message_in_pieces_is_one_message(data: bytes) -> None:
    tensor = Tensor(ScalarType.int8, [1], data)
    message = ScriptRRefFetchRet([IValue.from_python((tensor, "text"))]).toMessage()
    head, tail = message_pb2.Message(id=1), message.proto
    tail.ClearField("tensors")
    table = message_pb2.Message(tensors=message.proto.tensors)
    pieces = [piece.SerializeToString() for piece in (head, table, tail)]
    for order in permutations(pieces):
        (record,) = decode(in_pieces(*order))
        assert record.message == message.with_id(1)


def test_a_message_in_pieces_that_are_cut_inside_a_field_is_refused() -> None:
    wire = RRefUserDelete(RRefId(1, 2), ForkId(3, 4)).toMessage().SerializeToString()
    assert decode(in_pieces(wire))
    for size in range(1, len(wire)):
        recording = in_pieces(wire[:size], wire[size:])
        for source in (recording, io.BytesIO(recording), bytearray(recording)):
            with pytest.raises(DecodeError, match="record 0 at byte 0"):
                list(read_recording(source))


@pytest.mark.parametrize("levels", range(95, 105))
def test_a_message_may_be_nested_as_deep_in_a_buffer_as_in_a_file(levels: int) -> None:
    groups = b"\xc3\x3e" * levels + b"\xc4\x3e" * levels  # of a field that no version has
    recording = in_pieces(groups)
    try:
        expected = list(read_recording(io.BytesIO(recording)))
    except DecodeError:
        assert levels > 97
        with pytest.raises(DecodeError):
            list(read_recording(recording))
    else:
        assert levels < 101
        assert list(read_recording(recording)) == expected


def test_what_a_later_version_adds_to_a_record_is_passed_on() -> None:
    record = encode(RecordedMessage(1, 2, 3, ACK))
    wire = record[1:] + b"\xf2\x07\x03new"
    (read,) = read_recording(bytes([len(wire)]) + wire)
    assert encode(read)[1:] == wire
    assert read != RecordedMessage(1, 2, 3, ACK)


UNKNOWN = b"\xf2\x07\x03new"


def test_what_a_later_version_adds_to_the_parts_of_a_record_is_passed_on() -> None:
    tensor = tensor_pb2.Tensor(dtype=2, sizes=[1], data=b"x", device=tensor_pb2.Device(type="cuda"))
    proto = recording_pb2.RecordedMessage(
        message=message_pb2.Message(id=1),
        native_message=recording_pb2.NativeMessage(type=1, payload=b"p", tensors=[tensor]),
        omitted_values=[recording_pb2.OmittedValue(type="str", byte_size=5)] * 2,
    )
    proto.time.seconds = 3
    parts = [
        proto,
        proto.message,
        proto.native_message,
        proto.native_message.tensors[0],
        proto.native_message.tensors[0].device,
        proto.omitted_values[1],
    ]
    plain = RecordedMessage._from_proto(type(proto).FromString(proto.SerializeToString()), ())
    for part in parts:
        part.MergeFromString(UNKNOWN)
    wire = proto.SerializeToString()
    (record,) = decode(varint(len(wire)) + wire)
    assert record.proto == proto
    assert recording_pb2.RecordedMessage.FromString(b"".join(record.to_parts())) == proto
    assert decode(encode(record)) == [record]
    assert record != plain


def test_what_a_later_version_adds_is_neither_shown_nor_replaced() -> None:
    (record,) = decode(recording_with(UNKNOWN))
    (plain,) = decode(recording_with(b""))
    assert record != plain
    assert repr(record) == repr(plain)
    assert dataclasses.replace(record) == plain


def test_refuses_numbers_out_of_range() -> None:
    for arguments in ((0, 32768, 0), (0, 0, -32769), (10**30, 0, 0), (-(10**30), 0, 0)):
        with pytest.raises(EncodeError, match="expected an integer from"):
            RecordedMessage(*arguments, ACK)
    with pytest.raises(TypeError, match="expected"):
        RecordedMessage(0.5, 0, 0, ACK)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected"):
        RecordedMessage(0, 0, 0, "message")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "extras",
    [
        {"from_worker_name": 5},
        {"to_worker_name": b"w"},
        {"native_message": "x"},
        {"omitted_values": ["x"]},
    ],
)
def test_refuses_extras_of_another_type(extras: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="RecordedMessage"):
        RecordedMessage(0, 0, 0, ACK, **extras)  # type: ignore[arg-type]


def test_refuses_a_native_message_that_cannot_be_written() -> None:
    with pytest.raises(EncodeError, match=r"NativeMessage\.type"):
        libtorch.NativeMessage(2**40, b"")
    with pytest.raises(TypeError, match=r"NativeMessage\.payload"):
        libtorch.NativeMessage(1, "x")  # type: ignore[arg-type]


def test_writes_nothing_of_a_record_that_cannot_be_written() -> None:
    file = io.BytesIO()
    with pytest.raises(TypeError, match=r"records\[1\]"):
        write_recording(file, [RecordedMessage(1, 2, 3, ACK), "no record"])  # type: ignore[list-item]
    assert decode(file.getvalue()) == [RecordedMessage(1, 2, 3, ACK)]


def test_tensors_of_an_mmap_are_views_of_it(tmp_path: Path) -> None:
    tensor = Tensor(ScalarType.uint8, [1 << 16], bytes(range(256)) * 256)
    message = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage()
    path = tmp_path / "large.rref"
    path.write_bytes(encode(*[RecordedMessage(n, 0, 1, message) for n in range(3)]))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        read = list(read_recording(mapped))
        assert [record.message.tensors[0] for record in read] == [tensor] * 3
        start = mapped.find(tensor.data)
        mapped[start] = 0xEE
        assert read[0].message.tensors[0].data[0] == 0xEE
        for record in read:
            record.message.tensors[0].data.release()
        del read, record


def test_values_can_be_left_out() -> None:
    tensor = Tensor(ScalarType.float32, [256], b"secr" * 256)
    script = ScriptRRefFetchRet([IValue.from_python({"w": tensor})]).toMessage().with_id(5)
    message, omitted, passed = omit_values(script)
    assert passed == ()
    assert b"secr" not in message.SerializeToString()
    assert (message.type, message.id) == (script.type, 5)
    assert [value.type for value in omitted] == ["Dict[str, Tensor]"]
    assert omitted[0].byte_size >= 1024
    record = RecordedMessage(1, 2, 3, message, "a", "b", None, omitted)
    assert decode(encode(record)) == [record]


def test_a_python_value_left_out_is_described_by_its_parts() -> None:
    python = SerializedPyObj(b"\x80secret", (Tensor(ScalarType.bool, [], b"\x01"),))
    message, omitted, _ = omit_values(PythonRRefFetchRet(python.toIValues()).toMessage())
    assert [value.type for value in omitted] == ["Tensor", "str"]
    assert b"secret" not in message.SerializeToString()


@given(python_returns | script_returns)
def test_a_fetch_return_has_values_to_leave_out(command: RRefFetchRet) -> None:
    message = command.toMessage()
    left, omitted, _ = omit_values(message)
    assert [value.type for value in omitted] == [value.type for value in command.values()]
    assert (left.type, left.tensors) == (message.type, ())
    assert len(left.SerializeToString()) <= 2


def test_what_libtorch_wrote_can_be_kept() -> None:
    tensor = Tensor(ScalarType.int16, [1], b"ab")
    native = libtorch.NativeMessage(0x209, b"\x80\x02unreadable", (tensor,), 8)
    record = RecordedMessage(1, 2, 3, Message(message_pb2.Message(id=8)), "", "", native)
    assert decode(encode(record)) == [record]


def test_refuses_an_omitted_value_of_negative_size() -> None:
    with pytest.raises(EncodeError):
        OmittedValue("Tensor", -1)


def test_what_exists_is_valid_and_does_not_change() -> None:
    omitted = [OmittedValue("Tensor", 5)]
    record = RecordedMessage(0, 0, 1, ACK, omitted_values=omitted)  # type: ignore[arg-type]
    omitted.clear()
    assert record.omitted_values == (OmittedValue("Tensor", 5),)
    assert hash(record) == hash(decode(encode(record))[0])
    for wrong in (None, 0, b"name"):
        with pytest.raises(TypeError, match="from_worker_name: expected a str"):
            RecordedMessage(0, 0, 1, ACK, wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="omitted_values: expected an iterable"):
        RecordedMessage(0, 0, 1, ACK, omitted_values=5)  # type: ignore[arg-type]
    tensors = [Tensor(ScalarType.int8, [1], b"x")]
    native = NativeMessage(1, b"", (each for each in tensors))  # type: ignore[arg-type]
    assert native.tensors == tuple(tensors)
    for text in (numpy.str_("text"), numpy.str_("")):
        named = RecordedMessage(0, 0, 1, ACK, text, text)
        kept = (named.from_worker_name, named.to_worker_name, OmittedValue(text, 1).type)
        assert {type(each) for each in kept} == {str}
    assert type(NativeMessage(1, numpy.bytes_(b"x")).payload) is bytes
    assert type(Device(numpy.str_("cuda")).type) is str
    numbers = NativeMessage(numpy.int64(0x10B), b"", (), numpy.int64(3))
    assert repr((numbers, OmittedValue("str", numpy.int64(5)))) == (  # type: ignore[arg-type]
        "(NativeMessage(type=267, payload=b'', tensors=(), id=3), "
        "OmittedValue(type='str', byte_size=5))"
    )
