"""Messages that were recorded as libtorch wrote them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from rref_proto import (
    DecodeError,
    IValue,
    Message,
    NativeMessage,
    OmittedValue,
    RecordedMessage,
    RRefAck,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    libtorch,
    merge,
    read_recording,
)
from rref_proto.recording import Record
from rref_proto.v1 import message_pb2, recording_pb2

from captures import Row, rows
from conversations import DELETE, in_bytes

TENSOR = Tensor(ScalarType.int16, [1], b"ab")
RETURN = ScriptRRefFetchRet([IValue.from_python(TENSOR)]).toMessage()
DELETE_PAYLOAD = libtorch.to_payload(DELETE.toMessage()).payload


def native_record(
    native: NativeMessage,
    omitted: tuple[OmittedValue, ...] = (),
    number: int | None = None,
) -> RecordedMessage:
    """Record a message of which nothing but the native one is known."""
    message = Message(message_pb2.Message(id=number))
    return RecordedMessage(1, 2, 3, message, "a", "b", native, omitted)


def read_again(record: RecordedMessage) -> Record:
    recording = in_bytes([record])
    (read,) = read_recording(recording)
    assert list(read_recording(io.BytesIO(recording))) == [read]
    return read


@pytest.mark.parametrize("row", rows()[::5], ids=lambda row: type(row.command).__name__)
@pytest.mark.parametrize("number", [None, 7, -1])
def test_what_libtorch_wrote_is_read_as_the_schemas_message(row: Row, number: int | None) -> None:
    native = NativeMessage(row.type, row.payload, row.tensors, -1 if number is None else number)
    message = row.command.toMessage().with_id(number)
    expected = RecordedMessage(1, 2, 3, message, "a", "b")
    read = read_again(native_record(native, number=number))
    assert read == expected
    assert in_bytes([read]) == in_bytes([expected])


def test_tensors_of_a_native_message_are_those_of_the_message() -> None:
    read = read_again(native_record(libtorch.to_payload(RETURN)))
    assert isinstance(read, RecordedMessage)
    assert read.message.tensors == (TENSOR,)


NOT_READ = {
    "no type of the protocol": native_record(NativeMessage(0x10F, DELETE_PAYLOAD)),
    "no type at all": native_record(NativeMessage(-5, DELETE_PAYLOAD)),
    "a payload that is cut off": native_record(NativeMessage(0x10B, DELETE_PAYLOAD[:-3])),
    "a payload of something else": native_record(NativeMessage(0x209, b"\x80\x02N.")),
    "tensors left out": native_record(NativeMessage(0x209, libtorch.to_payload(RETURN).payload)),
    "values left out": native_record(NativeMessage(0x20E, b""), (OmittedValue("Any", 5),)),
    "a body as well": RecordedMessage(
        1, 2, 3, RRefAck().toMessage(), native_message=NativeMessage(0x10B, DELETE_PAYLOAD)
    ),
}


@pytest.mark.parametrize("record", NOT_READ.values(), ids=NOT_READ.keys())
def test_what_cannot_be_read_in_full_stays_as_libtorch_wrote_it(record: RecordedMessage) -> None:
    assert read_again(record) == record


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"native_message": {"tensors": [{}]}}, "native_message.tensors[0].Tensor.dtype"),
        ({"omitted_values": [{}, {"byte_size": -1}]}, "omitted_values[1].OmittedValue.byte_size"),
        ({"passed_rrefs": [{}]}, "passed_rrefs[0].rref_id"),
    ],
)  # fmt: skip
def test_says_which_element_is_wrong(fields: dict[str, Any], where: str) -> None:
    wire = recording_pb2.RecordedMessage(message={}, **fields).SerializeToString()
    with pytest.raises(DecodeError) as caught:
        list(read_recording(bytes([len(wire)]) + wire))
    assert caught.value.where == f"record 0 at byte 0, {where}"


def test_a_native_message_with_fields_of_a_later_version_stays() -> None:
    proto = native_record(NativeMessage(0x10B, DELETE_PAYLOAD)).proto
    proto.native_message.MergeFromString(b"\xf2\x07\x03new")
    wire = proto.SerializeToString()
    (read,) = read_recording(bytes([len(wire)]) + wire)
    assert read.proto == proto


def test_a_message_that_cannot_be_read_is_a_request_or_a_response_all_the_same() -> None:
    request = replace(native_record(NativeMessage(0x10B, b"?", (), 5), number=5), time=9)
    response = native_record(NativeMessage(0x20E, b"?", (), 5), number=5)
    response = replace(response, from_worker_id=3, to_worker_id=2)
    assert (request.is_request, request.is_response) == (True, False)
    assert (response.is_request, response.is_response) == (False, True)
    for order in ([[request], [response]], [[response], [request]]):
        assert list(merge(order)) == [request, response]
