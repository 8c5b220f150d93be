"""Recordings: a stream of messages with time, sender and receiver. The files are `*.rref`."""

from .files import read_recording, write_recording
from .merging import merge
from .omitted import OmittedValue, omit_values
from .record import SECOND, RecordedMessage

__all__ = [
    "SECOND",
    "OmittedValue",
    "RecordedMessage",
    "merge",
    "omit_values",
    "read_recording",
    "write_recording",
]
