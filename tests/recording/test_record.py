"""Records, and the files that hold them."""

from __future__ import annotations

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
    RecordedMessage,
    RRefAck,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    libtorch,
    read_recording,
    write_recording,
)
from rref_proto.v1 import message_pb2, recording_pb2

from captures import DATA
from conversations import in_bytes, out_of_bytes
from strategies import records, records_without_nan
from wire import length_delimited, varint

ACK = RRefAck().toMessage()


@pytest.mark.parametrize(("name", "count"), [("lifecycle", 37), ("holding", 194)])
def test_a_recording_holds_what_its_capture_holds(name: str, count: int) -> None:
    read = out_of_bytes((DATA / f"{name}.rref").read_bytes())
    assert len(read) == count
    assert in_bytes(read) == (DATA / f"{name}.rref").read_bytes()


@given(st.lists(records, max_size=4))
def test_any_recording_survives(written: list[RecordedMessage]) -> None:
    assert out_of_bytes(in_bytes(written)) == written


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


def test_recordings_can_be_concatenated() -> None:
    one, other = RecordedMessage(1, 2, 3, ACK), RecordedMessage(4, 5, 6, ACK)
    assert out_of_bytes(in_bytes([one]) + in_bytes([other])) == [one, other]
    assert out_of_bytes(b"") == []


def test_every_cut_is_noticed_and_what_came_before_is_read() -> None:
    written = [RecordedMessage(n, n, 0, ACK.with_id(n)) for n in range(3)]
    ends = [len(in_bytes(written[:count])) for count in range(4)]
    whole = in_bytes(written)
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
        (record,) = out_of_bytes(in_pieces(*order))
        assert record.message == message.with_id(1)


def test_a_message_in_pieces_that_are_cut_inside_a_field_is_refused() -> None:
    wire = RRefUserDelete(RRefId(1, 2), ForkId(3, 4)).toMessage().SerializeToString()
    assert out_of_bytes(in_pieces(wire))
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
    assert out_of_bytes(file.getvalue()) == [RecordedMessage(1, 2, 3, ACK)]


def test_tensors_of_an_mmap_are_views_of_it(tmp_path: Path) -> None:
    tensor = Tensor(ScalarType.uint8, [1 << 16], bytes(range(256)) * 256)
    message = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage()
    path = tmp_path / "large.rref"
    path.write_bytes(in_bytes([RecordedMessage(n, 0, 1, message) for n in range(3)]))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        read = list(read_recording(mapped))
        assert [record.message.tensors[0] for record in read] == [tensor] * 3
        start = mapped.find(tensor.data)
        mapped[start] = 0xEE
        assert read[0].message.tensors[0].data[0] == 0xEE
        for record in read:
            record.message.tensors[0].data.release()
        del read, record


def test_what_libtorch_wrote_can_be_kept() -> None:
    tensor = Tensor(ScalarType.int16, [1], b"ab")
    native = libtorch.NativeMessage(0x209, b"\x80\x02unreadable", (tensor,), 8)
    record = RecordedMessage(1, 2, 3, Message(message_pb2.Message(id=8)), "", "", native)
    assert out_of_bytes(in_bytes([record])) == [record]


def test_what_exists_is_valid_and_does_not_change() -> None:
    omitted = [OmittedValue("Tensor", 5)]
    record = RecordedMessage(0, 0, 1, ACK, omitted_values=omitted)  # type: ignore[arg-type]
    omitted.clear()
    assert record.omitted_values == (OmittedValue("Tensor", 5),)
    assert hash(record) == hash(out_of_bytes(in_bytes([record]))[0])
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
