"""The speed of values: a dict of lists and a long list, made, written and read."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from formats import Format, compare_formats
from schemas import (
    BetterDict,
    BetterEntry,
    BetterFetchRet,
    BetterIntList,
    BetterIValue,
    BetterMessage,
    PlusDict,
    PlusEntry,
    PlusFetchRet,
    PlusIntList,
    PlusIValue,
    PlusMessage,
)
from timing import Table

from rref_proto import IValue, Message, ScriptRRefFetchRet
from rref_proto.v1 import ivalue_pb2, message_pb2

Lists = dict[str, list[int]]


def number(position: int) -> int:
    """Return a small number, a larger one and a large negative one in turn."""
    return (position % 100, position, -(position**3))[position % 3]


LIST = [number(position) for position in range(100_000)]
DICT = {
    f"layer{row:03}": [number(row * 10 + column) for column in range(10)] for row in range(1000)
}
DICT_TYPE = "Dict[str, List[int]]"
DICT_NAME = "dict of 1,000 str -> List[int]"


def stubs_list_out() -> bytes:
    """Write the list with the generated code. `MergeFrom` and slices are not faster."""
    message = message_pb2.Message()
    message.script_rref_fetch_ret.values.add().int_list.values.extend(LIST)
    return message.SerializeToString()


def stubs_list_in(wire: bytes) -> list[int]:
    """Read the list with the generated code. `list(values)` is slower than a slice."""
    message = message_pb2.Message.FromString(wire)
    return message.script_rref_fetch_ret.values[0].int_list.values[:]


def stubs_dict_out() -> bytes:
    """Write the dict with the generated code, in the fastest way that was found.

    It fills one entry again and again, and `append` copies the entry. To fill what `add` returns
    takes a tenth longer, keyword arguments with nested dicts a third longer, and constructors two
    to three times as long.
    """
    message = message_pb2.Message()
    dict_value = message.script_rref_fetch_ret.values.add().dict_value
    dict_value.type = DICT_TYPE
    append = dict_value.entries.append
    entry = ivalue_pb2.GenericDict.Entry()
    key, values = entry.key, entry.value.int_list.values
    for name, numbers in DICT.items():
        key.string_value = name
        values[:] = numbers
        append(entry)
    return message.SerializeToString()


def stubs_dict_in(wire: bytes) -> Lists:
    """Read the dict with the generated code. `list(values)` is slower than a slice."""
    message = message_pb2.Message.FromString(wire)
    entries = message.script_rref_fetch_ret.values[0].dict_value.entries
    return {entry.key.string_value: entry.value.int_list.values[:] for entry in entries}


def ours_out(value: object) -> bytes:
    """Write any value with this library."""
    return ScriptRRefFetchRet([IValue.from_python(value)]).toMessage().SerializeToString()


def ours_in(wire: bytes) -> Any:
    """Read any value with this library, validated."""
    return message_value(Message.FromString(wire))


def message_value(message: Message) -> Any:
    """Return the value of a ScriptRRefFetchRet of this library."""
    return ScriptRRefFetchRet.fromMessage(message).values()[0].to_python()


def plus_out(value: PlusIValue) -> bytes:
    """Write any value with proto-plus."""
    body = PlusFetchRet(values=[value])
    return bytes(PlusMessage.serialize(PlusMessage(script_rref_fetch_ret=body)))


def plus_list_out() -> bytes:
    """Write the list with proto-plus."""
    return plus_out(PlusIValue(int_list=PlusIntList(values=LIST)))


def plus_list_in(wire: bytes) -> list[int]:
    """Read the list with proto-plus."""
    return _list(PlusMessage.deserialize(wire))


def plus_dict_out() -> bytes:
    """Write the dict with proto-plus."""
    entries = [
        PlusEntry(
            key=PlusIValue(string_value=name),
            value=PlusIValue(int_list=PlusIntList(values=numbers)),
        )
        for name, numbers in DICT.items()
    ]
    return plus_out(PlusIValue(dict_value=PlusDict(type=DICT_TYPE, entries=entries)))


def plus_dict_in(wire: bytes) -> Lists:
    """Read the dict with proto-plus."""
    return _dict(PlusMessage.deserialize(wire))


def better_out(value: BetterIValue) -> bytes:
    """Write any value with betterproto2."""
    return bytes(BetterMessage(script_rref_fetch_ret=BetterFetchRet(values=[value])))


def better_list_out() -> bytes:
    """Write the list with betterproto2."""
    return better_out(BetterIValue(int_list=BetterIntList(values=LIST)))


def better_list_in(wire: bytes) -> list[int]:
    """Read the list with betterproto2."""
    return _list(BetterMessage.parse(wire))


def better_dict_out() -> bytes:
    """Write the dict with betterproto2."""
    entries = [
        BetterEntry(
            key=BetterIValue(string_value=name),
            value=BetterIValue(int_list=BetterIntList(values=numbers)),
        )
        for name, numbers in DICT.items()
    ]
    return better_out(BetterIValue(dict_value=BetterDict(type=DICT_TYPE, entries=entries)))


def better_dict_in(wire: bytes) -> Lists:
    """Read the dict with betterproto2."""
    return _dict(BetterMessage.parse(wire))


def _list(message: Any) -> list[int]:
    return list(message.script_rref_fetch_ret.values[0].int_list.values)


def _dict(message: Any) -> Lists:
    entries = message.script_rref_fetch_ret.values[0].dict_value.entries
    return {entry.key.string_value: list(entry.value.int_list.values) for entry in entries}


def general_formats(value: object, type: object) -> tuple[Format, ...]:
    """Return the libraries that take any Python value: this one, pickle and msgspec."""
    unpack = msgspec.msgpack.Decoder(type).decode
    pack = partial(msgspec.msgpack.encode, value)
    return (
        Format("rref_proto, validated", "protobuf", partial(ours_out, value), ours_in),
        Format("pickle", "pickle", partial(pickle.dumps, value), pickle.loads),
        Format("msgspec (msgpack), validated", "msgpack", pack, unpack),
    )


LIST_FORMATS = (
    Format("generated stubs, leanest", "protobuf", stubs_list_out, stubs_list_in),
    *general_formats(LIST, list[int]),
    Format("proto-plus", "protobuf", plus_list_out, plus_list_in),
    Format("betterproto2", "protobuf", better_list_out, better_list_in),
)
DICT_FORMATS = (
    Format("generated stubs, leanest", "protobuf", stubs_dict_out, stubs_dict_in),
    *general_formats(DICT, Lists),
    Format("proto-plus", "protobuf", plus_dict_out, plus_dict_in),
    Format("betterproto2", "protobuf", better_dict_out, better_dict_in),
)


def titles(name: str) -> tuple[str, str]:
    """Return the titles for writing and for reading a value."""
    return (
        f"{name}: from_python, toMessage, SerializeToString",
        f"{name}: FromString, fromMessage, values, to_python",
    )


def tables() -> Iterator[Table]:
    """Measure the dict, then the list."""
    yield from compare_formats(titles(DICT_NAME), DICT, DICT_FORMATS)
    yield from compare_formats(titles("list of 100,000 ints"), LIST, LIST_FORMATS)
