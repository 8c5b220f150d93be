"""RecordedEvent: something that happened at a worker, besides messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from .._check import INT32_RANGE, INT64_RANGE, WORKER_ID_RANGE, check_int, check_str
from .._json import to_json
from ..errors import DecodeError, EncodeError
from ..v1 import recording_pb2
from .timestamp import TIMESTAMP_RANGE, read_timestamp, set_timestamp

if TYPE_CHECKING:
    from typing_extensions import Buffer

_set = object.__setattr__  # the class is frozen


class EventKind(IntEnum):
    """What happened.

    SHUTDOWN_BEGAN: the worker has begun to shut down, which deletes all forks that it holds.
    RECORDING_ENDED: the worker has recorded all that it saw. Without it a recording is not
    complete.
    Source: the enum EventKind of recording.proto.
    """

    SHUTDOWN_BEGAN = 1
    RECORDING_ENDED = 2

    def __repr__(self) -> str:
        return f"EventKind.{self.name}"


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event of one worker: no message, but in a recording among the messages.

    `time` is in nanoseconds since the epoch, by the worker's clock; `worker_name` is empty where
    the observer did not know it. A `kind` of a later version is a plain int. `request_count`, with
    RECORDING_ENDED, is the number of this worker's requests in its recording; None: not counted.
    Fields of a later version are kept, but neither repr nor dataclasses.replace has them.
    Raises EncodeError for a number out of range.
    Source: the message RecordedMessage of recording.proto, whose `event` is set.
    """

    time: int
    worker_id: int
    kind: EventKind | int
    worker_name: str = ""
    request_count: int | None = None
    # All other fields, as they were read.
    _unknown: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        _set(self, "time", check_int(self.time, TIMESTAMP_RANGE, "RecordedEvent.time"))
        worker_id = check_int(self.worker_id, WORKER_ID_RANGE, "RecordedEvent.worker_id")
        _set(self, "worker_id", worker_id)
        _set(self, "kind", _checked_kind(self.kind))
        _set(self, "worker_name", check_str(self.worker_name, "RecordedEvent.worker_name"))
        if self.request_count is not None:
            limits = 0, INT64_RANGE[1]
            count = check_int(self.request_count, limits, "RecordedEvent.request_count")
            _set(self, "request_count", count)

    def to_parts(self) -> list[Buffer]:
        """Return buffers whose concatenation is the record: one, since it has no tensors."""
        return [self.proto.SerializeToString()]

    @property
    def proto(self) -> recording_pb2.RecordedMessage:
        """The generated message, a copy of all that this one holds."""
        proto = recording_pb2.RecordedMessage.FromString(self._unknown)
        set_timestamp(proto.time, self.time)
        proto.from_worker_id = self.worker_id
        proto.from_worker_name = self.worker_name
        proto.event = int(self.kind)  # type: ignore[assignment] # also one of a later version
        if self.request_count is not None:
            proto.request_count = self.request_count
        return proto

    def to_json(self, indent: int | None = None) -> str:
        """Return protobuf's JSON mapping of the record; on one line unless `indent` is given."""
        return to_json(self.proto, indent)

    @classmethod
    def _from_proto(cls, proto: recording_pb2.RecordedMessage) -> RecordedEvent:
        """Take over a generated record whose `event` is set.

        Raises DecodeError where it also has a message, EncodeError for a number out of range.
        """
        if proto.HasField("message"):
            raise DecodeError("expected a message or an event, found both", "event")
        time = read_timestamp(proto.time)
        count = proto.request_count if proto.HasField("request_count") else None
        event = cls(time, proto.from_worker_id, int(proto.event), proto.from_worker_name, count)
        _set(event, "_unknown", _other_fields(proto))
        return event


def _checked_kind(kind: int) -> EventKind | int:
    number = check_int(kind, INT32_RANGE, "RecordedEvent.kind")
    if number == 0:
        raise EncodeError("expected an event, got 0", "RecordedEvent.kind")
    return EventKind(number) if number in list(EventKind) else number


def _other_fields(proto: recording_pb2.RecordedMessage) -> bytes:
    """Return the fields of `proto` that an event does not use; `proto` then has no others."""
    for name in ("from_worker_id", "from_worker_name", "event", "request_count"):
        proto.ClearField(name)
    proto.time.ClearField("seconds")
    proto.time.ClearField("nanos")
    if not proto.time.ByteSize():
        proto.ClearField("time")
    return proto.SerializeToString()
