"""Recordings: a stream of messages with time, sender and receiver. The files are `*.rref`."""

from .event import EventKind, RecordedEvent
from .files import read_recording, write_recording
from .merging import merge
from .omitted import OmittedValue, WithoutValues, omit_values
from .reading import Record
from .record import RecordedMessage
from .timestamp import SECOND, TIMESTAMP_RANGE

__all__ = [
    "SECOND",
    "TIMESTAMP_RANGE",
    "EventKind",
    "OmittedValue",
    "Record",
    "RecordedEvent",
    "RecordedMessage",
    "WithoutValues",
    "merge",
    "omit_values",
    "read_recording",
    "write_recording",
]
