"""The speed of a message of four numbers: built and written, and read."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass

import betterproto2
import msgspec
from timing import Row, Table, compare

import proto
from rref_proto import ForkId, Message, RRefId, RRefUserDelete
from rref_proto.v1 import message_pb2

NUMBERS = (1, 12345, 2, 67890)


@dataclass(frozen=True)
class PlainId:
    """An identifier as a dataclass."""

    created_on: int
    local_id: int


@dataclass(frozen=True)
class PlainDelete:
    """The message as a dataclass."""

    rref_id: PlainId
    fork_id: PlainId


class StructId(msgspec.Struct, frozen=True):
    """An identifier for msgspec."""

    created_on: int
    local_id: int


class StructDelete(msgspec.Struct, frozen=True):
    """The message for msgspec."""

    rref_id: StructId
    fork_id: StructId


class PlusId(proto.Message):
    """An identifier for proto-plus."""

    created_on = proto.Field(proto.INT32, number=1)
    local_id = proto.Field(proto.INT64, number=2)


class PlusDelete(proto.Message):
    """The body for proto-plus."""

    rref_id = proto.Field(PlusId, number=1)
    fork_id = proto.Field(PlusId, number=2)


class PlusMessage(proto.Message):
    """The envelope for proto-plus."""

    rref_user_delete = proto.Field(PlusDelete, number=11, oneof="body")


@dataclass(eq=False)
class BetterId(betterproto2.Message):
    """An identifier for betterproto2."""

    created_on: int = betterproto2.field(1, betterproto2.TYPE_INT32)
    local_id: int = betterproto2.field(2, betterproto2.TYPE_INT64)


@dataclass(eq=False)
class BetterDelete(betterproto2.Message):
    """The body for betterproto2."""

    rref_id: BetterId | None = betterproto2.field(1, betterproto2.TYPE_MESSAGE, optional=True)
    fork_id: BetterId | None = betterproto2.field(2, betterproto2.TYPE_MESSAGE, optional=True)


@dataclass(eq=False)
class BetterMessage(betterproto2.Message):
    """The envelope for betterproto2."""

    rref_user_delete: BetterDelete | None = betterproto2.field(
        11, betterproto2.TYPE_MESSAGE, optional=True, group="body"
    )


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


WIRE = stubs_out()


def stubs_in() -> tuple[int, ...]:
    """Read with the generated code, in the fastest way."""
    delete = message_pb2.Message.FromString(WIRE).rref_user_delete
    rref_id, fork_id = delete.rref_id, delete.fork_id
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


def ours_out() -> bytes:
    """Write with this library."""
    return RRefUserDelete(RRefId(1, 12345), ForkId(2, 67890)).toMessage().SerializeToString()


def ours_in() -> tuple[int, ...]:
    """Read with this library, validated."""
    delete = RRefUserDelete.fromMessage(Message.FromString(WIRE))
    rref_id, fork_id = delete.rref_id, delete.fork_id
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


PICKLED = pickle.dumps(PlainDelete(PlainId(1, 12345), PlainId(2, 67890)))
PACKED = msgspec.msgpack.encode(StructDelete(StructId(1, 12345), StructId(2, 67890)))
UNPACK = msgspec.msgpack.Decoder(StructDelete).decode


def pickle_out() -> bytes:
    """Write equal dataclasses as a pickle."""
    return pickle.dumps(PlainDelete(PlainId(1, 12345), PlainId(2, 67890)))


def pickle_in() -> tuple[int, ...]:
    """Read equal dataclasses from a pickle."""
    return _numbers(pickle.loads(PICKLED))


def msgspec_out() -> bytes:
    """Write equal structs as msgpack."""
    return msgspec.msgpack.encode(StructDelete(StructId(1, 12345), StructId(2, 67890)))


def msgspec_in() -> tuple[int, ...]:
    """Read equal structs from msgpack, validated."""
    return _numbers(UNPACK(PACKED))


def plus_out() -> bytes:
    """Write with proto-plus."""
    body = PlusDelete(
        rref_id=PlusId(created_on=1, local_id=12345), fork_id=PlusId(created_on=2, local_id=67890)
    )
    return bytes(PlusMessage.serialize(PlusMessage(rref_user_delete=body)))


def plus_in() -> tuple[int, ...]:
    """Read with proto-plus."""
    return _numbers(PlusMessage.deserialize(WIRE).rref_user_delete)


def better_out() -> bytes:
    """Write with betterproto2."""
    body = BetterDelete(
        rref_id=BetterId(created_on=1, local_id=12345),
        fork_id=BetterId(created_on=2, local_id=67890),
    )
    return bytes(BetterMessage(rref_user_delete=body))


def better_in() -> tuple[int, ...]:
    """Read with betterproto2."""
    return _numbers(BetterMessage.parse(WIRE).rref_user_delete)


def _numbers(delete: object) -> tuple[int, ...]:
    rref_id, fork_id = delete.rref_id, delete.fork_id  # type: ignore[attr-defined]
    return rref_id.created_on, rref_id.local_id, fork_id.created_on, fork_id.local_id


OUT = {
    "generated stubs, leanest": stubs_out,
    "rref_proto": ours_out,
    "pickle of dataclasses": pickle_out,
    "msgspec (msgpack)": msgspec_out,
    "proto-plus": plus_out,
    "betterproto2": better_out,
}
IN = {
    "generated stubs, leanest": stubs_in,
    "rref_proto, validated": ours_in,
    "pickle of dataclasses": pickle_in,
    "msgspec (msgpack), validated": msgspec_in,
    "proto-plus": plus_in,
    "betterproto2": better_in,
}


def tables() -> Iterator[Table]:
    """Measure all ways to write, then all ways to read."""
    out = compare("RRefUserDelete: build, toMessage, SerializeToString", OUT)
    back = compare("RRefUserDelete: FromString, fromMessage, read four numbers", IN)
    yield out
    yield back
    pairs = zip(out.rows[:2], back.rows[:2], strict=True)
    both = [Row(one.name, one.seconds + other.seconds) for one, other in pairs]
    yield Table("RRefUserDelete: to bytes and back", both)
