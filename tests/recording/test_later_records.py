"""What a later version adds to a record is kept."""

from __future__ import annotations

import dataclasses

from rref_proto import RecordedMessage, RRefAck, read_recording
from rref_proto.v1 import message_pb2, recording_pb2, tensor_pb2

from conversations import in_bytes, out_of_bytes
from wire import varint

ACK = RRefAck().toMessage()


def recording_with(fields: bytes) -> bytes:
    """Return a recording of one record that has further fields."""
    encoded = b"".join(RecordedMessage(0, 0, 1, ACK).to_parts()) + fields
    return bytes([len(encoded)]) + encoded


def test_what_a_later_version_adds_is_kept_in_the_generated_message() -> None:
    later = b"\xc2\x3e\x03abc"  # a field that no version has yet
    (record,) = out_of_bytes(recording_with(later))
    assert record.proto.SerializeToString().endswith(later)
    assert record.proto.SerializeToString() == b"".join(record.to_parts())


def test_what_a_later_version_adds_to_a_record_is_passed_on() -> None:
    record = in_bytes([RecordedMessage(1, 2, 3, ACK)])
    wire = record[1:] + b"\xf2\x07\x03new"
    (read,) = read_recording(bytes([len(wire)]) + wire)
    assert in_bytes([read])[1:] == wire
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
    (record,) = out_of_bytes(varint(len(wire)) + wire)
    assert record.proto == proto
    assert recording_pb2.RecordedMessage.FromString(b"".join(record.to_parts())) == proto
    assert out_of_bytes(in_bytes([record])) == [record]
    assert record != plain


def test_what_a_later_version_adds_is_neither_shown_nor_replaced() -> None:
    (record,) = out_of_bytes(recording_with(UNKNOWN))
    (plain,) = out_of_bytes(recording_with(b""))
    assert record != plain
    assert repr(record) == repr(plain)
    assert dataclasses.replace(record) == plain
