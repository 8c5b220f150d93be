"""Recordings: a stream of messages with time, sender and receiver. The files are `*.rref`."""

from .merging import merge
from .record import (
    SECOND,
    OmittedValue,
    RecordedMessage,
    omit_values,
    read_recording,
    write_recording,
)

__all__ = [
    "SECOND",
    "OmittedValue",
    "RecordedMessage",
    "merge",
    "omit_values",
    "read_recording",
    "write_recording",
]
