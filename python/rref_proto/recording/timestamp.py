"""Times of records: nanoseconds since the epoch, and google.protobuf.Timestamp."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from ..errors import DecodeError

# In nanoseconds.
SECOND = 1_000_000_000
# What a Timestamp can hold: the years 1 to 9999.
TIMESTAMP_RANGE = (-62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1)


def set_timestamp(proto: Timestamp, time: int) -> None:
    """Set both fields of a Timestamp to a time within TIMESTAMP_RANGE."""
    proto.seconds, proto.nanos = divmod(time, SECOND)


def read_timestamp(proto: Timestamp) -> int:
    """Read the fields of a Timestamp. Raises DecodeError where the nanoseconds are out of range."""
    nanos = proto.nanos
    if not 0 <= nanos < SECOND:
        raise DecodeError(f"expected from 0 to {SECOND - 1} nanoseconds, got {nanos}", "time")
    return proto.seconds * SECOND + nanos
