"""The wire bytes of a record, of either class, into an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire import PARSE_ERRORS, not_parsed, replace_field
from ..errors import DecodeError
from ..message import TENSORS_MARK, take_tensors_data
from ..v1 import recording_pb2
from .event import RecordedEvent
from .record import RecordedMessage

if TYPE_CHECKING:
    from typing_extensions import Buffer

MESSAGE_FIELD = recording_pb2.RecordedMessage.MESSAGE_FIELD_NUMBER

# What a recording holds.
Record = RecordedMessage | RecordedEvent


def record_from_wire(encoded: Buffer) -> Record:
    """Read the wire bytes of one record; tensors are views of them.

    Raises DecodeError, or EncodeError for a value out of range, where they are no record.
    """
    data: list[memoryview] = []
    if type(encoded) is not bytes or TENSORS_MARK in encoded:
        encoded = replace_field(
            memoryview(encoded), MESSAGE_FIELD, lambda message: take_tensors_data(message, data)
        )
    try:
        proto = recording_pb2.RecordedMessage.FromString(encoded)
    except PARSE_ERRORS as error:
        raise not_parsed("RecordedMessage", error) from None
    if proto.event:
        return RecordedEvent._from_proto(proto)
    if not proto.HasField("message"):
        raise DecodeError("expected a Message, found none", "message")
    return RecordedMessage._from_proto(proto, data)
