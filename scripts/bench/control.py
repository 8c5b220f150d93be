"""The speed of a message of four numbers: built and written, and read."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import msgspec
from formats import Format, compare_formats
from schemas import (
    BetterDelete,
    BetterId,
    BetterMessage,
    PlainDelete,
    PlainId,
    PlusDelete,
    PlusId,
    PlusMessage,
    StructDelete,
    StructId,
)
from timing import Row, Table

from rref_proto import ForkId, Message, RRefId, RRefUserDelete
from rref_proto.v1 import message_pb2

Numbers = tuple[int, int, int, int]

NUMBERS = (1, 12345, 2, 67890)


def stubs_out() -> bytes:
    """Write with the generated code, in the fastest way."""
    message = message_pb2.Message()
    delete = message.rref_user_delete
    rref_id = delete.rref_id
    rref_id.created_on = 1
    rref_id.local_id = 12345
    fork_id = delete.fork_id
    fork_id.created_on = 2
    fork_id.local_id = 67890
    return message.SerializeToString()


def stubs_in(wire: bytes) -> Numbers:
    """Read with the generated code, in the fastest way."""
    delete = message_pb2.Message.FromString(wire).rref_user_delete
    rref_id, fork_id = delete.rref_id, delete.fork_id
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


def ours_out() -> bytes:
    """Write with this library."""
    return RRefUserDelete(RRefId(1, 12345), ForkId(2, 67890)).toMessage().SerializeToString()


def ours_in(wire: bytes) -> Numbers:
    """Read with this library, validated."""
    return message_numbers(Message.FromString(wire))


def message_numbers(message: Message) -> Numbers:
    """Return the four numbers of a message of this library."""
    delete = RRefUserDelete.fromMessage(message)
    rref_id, fork_id = delete.rref_id, delete.fork_id
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


def pickle_out() -> bytes:
    """Write equal dataclasses as a pickle."""
    return pickle.dumps(PlainDelete(PlainId(1, 12345), PlainId(2, 67890)))


def pickle_in(encoded: bytes) -> Numbers:
    """Read equal dataclasses from a pickle."""
    return _numbers(pickle.loads(encoded))


UNPACK = msgspec.msgpack.Decoder(StructDelete).decode


def msgspec_out() -> bytes:
    """Write equal structs as msgpack."""
    return msgspec.msgpack.encode(StructDelete(StructId(1, 12345), StructId(2, 67890)))


def msgspec_in(encoded: bytes) -> Numbers:
    """Read equal structs from msgpack, validated."""
    return _numbers(UNPACK(encoded))


def plus_out() -> bytes:
    """Write with proto-plus."""
    body = PlusDelete(
        rref_id=PlusId(created_on=1, local_id=12345), fork_id=PlusId(created_on=2, local_id=67890)
    )
    return bytes(PlusMessage.serialize(PlusMessage(rref_user_delete=body)))


def plus_in(wire: bytes) -> Numbers:
    """Read with proto-plus."""
    return _numbers(PlusMessage.deserialize(wire).rref_user_delete)


def better_out() -> bytes:
    """Write with betterproto2."""
    body = BetterDelete(
        rref_id=BetterId(created_on=1, local_id=12345),
        fork_id=BetterId(created_on=2, local_id=67890),
    )
    return bytes(BetterMessage(rref_user_delete=body))


def better_in(wire: bytes) -> Numbers:
    """Read with betterproto2."""
    return _numbers(BetterMessage.parse(wire).rref_user_delete)


def _numbers(delete: object) -> Numbers:
    rref_id, fork_id = delete.rref_id, delete.fork_id  # type: ignore[attr-defined]
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


FORMATS = (
    Format("generated stubs, leanest", "protobuf", stubs_out, stubs_in),
    Format("rref_proto, validated", "protobuf", ours_out, ours_in),
    Format("pickle of dataclasses", "pickle", pickle_out, pickle_in),
    Format("msgspec (msgpack), validated", "msgpack", msgspec_out, msgspec_in),
    Format("proto-plus", "protobuf", plus_out, plus_in),
    Format("betterproto2", "protobuf", better_out, better_in),
)
TITLES = (
    "RRefUserDelete: build, toMessage, SerializeToString",
    "RRefUserDelete: FromString, fromMessage, read four numbers",
)


def tables() -> Iterator[Table]:
    """Measure all ways to write, then all ways to read."""
    out, back = compare_formats(TITLES, NUMBERS, FORMATS)
    yield out
    yield back
    pairs = zip(out.rows[:2], back.rows[:2], strict=True)
    both = [Row(one.name, one.seconds + other.seconds) for one, other in pairs]
    yield Table("RRefUserDelete: to bytes and back", both)
