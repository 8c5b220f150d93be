"""The speed of libtorch's payloads: made of a message, and read into one.

No other library writes them. So they are compared with the same content in another format.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial

import control
import values
from formats import check_same
from timing import Table, compare

from rref_proto import ForkId, Message, NativeMessage, RRefId, RRefUserDelete
from rref_proto.libtorch import from_payload, to_payload


def read(native: NativeMessage) -> Message:
    """Read a payload into a message."""
    return from_payload(native.type, native.payload)


def read_numbers(native: NativeMessage) -> control.Numbers:
    """Read a payload into a message, and the message into four numbers."""
    return control.message_numbers(read(native))


def read_dict(native: NativeMessage) -> object:
    """Read a payload into a message, and the message into a dict."""
    return values.message_value(read(native))


def pickle_wire(wire: bytes) -> bytes:
    """Turn protobuf's bytes of the dict into a pickle, by the generated stubs."""
    return pickle.dumps(values.stubs_dict_in(wire))


def native_of_wire(wire: bytes) -> NativeMessage:
    """Turn protobuf's bytes into libtorch's payload."""
    return to_payload(Message.FromString(wire))


def delete_tables() -> Iterator[Table]:
    """Measure RRefUserDelete. The generated stubs read and write protobuf."""
    message = RRefUserDelete(RRefId(1, 12345), ForkId(2, 67890)).toMessage()
    native = to_payload(message)
    reads = {
        "generated stubs, protobuf: four numbers": partial(control.stubs_in, control.stubs_out()),
        "from_payload, then four numbers": partial(read_numbers, native),
        "pickle of dataclasses: four numbers": partial(control.pickle_in, control.pickle_out()),
    }
    title = "RRefUserDelete: libtorch's payload into a message"
    check_same(title, control.NUMBERS, {name: run() for name, run in reads.items()})
    yield compare(title, {**reads, "from_payload": partial(read, native)})
    writes = {
        "generated stubs, protobuf: built, written": control.stubs_out,
        "to_payload": partial(to_payload, message),
        "pickle of dataclasses: built, written": control.pickle_out,
    }
    yield compare("RRefUserDelete: a message into libtorch's payload", writes)


def dict_tables() -> Iterator[Table]:
    """Measure the dict of `values`. CPython's pickle module is written in C."""
    wire, pickled = values.stubs_dict_out(), pickle.dumps(values.DICT)
    native = native_of_wire(wire)
    reads = {
        "pickle.loads: dict": partial(pickle.loads, pickled),
        "from_payload, then to_python: dict": partial(read_dict, native),
    }
    title = f"{values.DICT_NAME}: libtorch's payload into a message"
    check_same(title, values.DICT, {name: run() for name, run in reads.items()})
    yield compare(title, {**reads, "from_payload": partial(read, native)})
    title = f"{values.DICT_NAME}: protobuf's bytes into libtorch's payload"
    check_same(title, values.DICT, {"pickle_wire": pickle.loads(pickle_wire(wire))})
    writes = {
        "pickle.dumps of the dict": partial(pickle.dumps, values.DICT),
        "to_payload(Message.FromString(wire))": partial(native_of_wire, wire),
        "generated stubs, then pickle.dumps": partial(pickle_wire, wire),
    }
    yield compare(title, writes)


def tables() -> Iterator[Table]:
    """Measure a message of four numbers, then a dict."""
    yield from delete_tables()
    yield from dict_tables()
