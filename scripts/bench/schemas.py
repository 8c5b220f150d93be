"""The schema, written again for the libraries that are compared with the generated stubs.

Only the messages and fields that the benchmarks use. The numbers are those of `proto/`.
"""

from __future__ import annotations

from dataclasses import dataclass

import betterproto2
import msgspec

import proto


@dataclass(frozen=True)
class PlainId:
    """An identifier as a dataclass."""

    created_on: int
    local_id: int


@dataclass(frozen=True)
class PlainDelete:
    """RRefUserDelete as a dataclass."""

    rref_id: PlainId
    fork_id: PlainId


@dataclass(frozen=True)
class PlainTensor:
    """A tensor as a dataclass."""

    dtype: int
    sizes: tuple[int, ...]
    data: bytes


class StructId(msgspec.Struct, frozen=True):
    """An identifier for msgspec."""

    created_on: int
    local_id: int


class StructDelete(msgspec.Struct, frozen=True):
    """RRefUserDelete for msgspec."""

    rref_id: StructId
    fork_id: StructId


class StructTensor(msgspec.Struct, frozen=True):
    """A tensor for msgspec."""

    dtype: int
    sizes: tuple[int, ...]
    data: bytes


class PlusId(proto.Message):
    """An identifier for proto-plus."""

    created_on = proto.Field(proto.INT32, number=1)
    local_id = proto.Field(proto.INT64, number=2)


class PlusDelete(proto.Message):
    """RRefUserDelete for proto-plus."""

    rref_id = proto.Field(PlusId, number=1)
    fork_id = proto.Field(PlusId, number=2)


class PlusIntList(proto.Message):
    """A list of ints for proto-plus."""

    values = proto.RepeatedField(proto.SINT64, number=1)


class PlusEntry(proto.Message):
    """A key of a dict and its value for proto-plus."""

    key = proto.Field("PlusIValue", number=1)
    value = proto.Field("PlusIValue", number=2)


class PlusDict(proto.Message):
    """A dict for proto-plus."""

    type = proto.Field(proto.STRING, number=1)
    entries = proto.RepeatedField(PlusEntry, number=2)


class PlusIValue(proto.Message):
    """A value for proto-plus."""

    tensor_index = proto.Field(proto.UINT32, number=2, oneof="kind")
    string_value = proto.Field(proto.STRING, number=7, oneof="kind")
    int_list = proto.Field(PlusIntList, number=10, oneof="kind")
    dict_value = proto.Field(PlusDict, number=15, oneof="kind")


class PlusFetchRet(proto.Message):
    """ScriptRRefFetchRet for proto-plus."""

    values = proto.RepeatedField(PlusIValue, number=1)


class PlusTensor(proto.Message):
    """A tensor for proto-plus."""

    dtype = proto.Field(proto.INT32, number=1)
    sizes = proto.RepeatedField(proto.INT64, number=2)
    data = proto.Field(proto.BYTES, number=3)


class PlusMessage(proto.Message):
    """The envelope for proto-plus."""

    script_rref_fetch_ret = proto.Field(PlusFetchRet, number=9, oneof="body")
    rref_user_delete = proto.Field(PlusDelete, number=11, oneof="body")
    tensors = proto.RepeatedField(PlusTensor, number=101)


@dataclass(eq=False)
class BetterId(betterproto2.Message):
    """An identifier for betterproto2."""

    created_on: int = betterproto2.field(1, betterproto2.TYPE_INT32)
    local_id: int = betterproto2.field(2, betterproto2.TYPE_INT64)


@dataclass(eq=False)
class BetterDelete(betterproto2.Message):
    """RRefUserDelete for betterproto2."""

    rref_id: BetterId | None = betterproto2.field(1, betterproto2.TYPE_MESSAGE, optional=True)
    fork_id: BetterId | None = betterproto2.field(2, betterproto2.TYPE_MESSAGE, optional=True)


@dataclass(eq=False)
class BetterIntList(betterproto2.Message):
    """A list of ints for betterproto2."""

    values: list[int] = betterproto2.field(1, betterproto2.TYPE_SINT64, repeated=True)


@dataclass(eq=False)
class BetterEntry(betterproto2.Message):
    """A key of a dict and its value for betterproto2."""

    key: BetterIValue | None = betterproto2.field(1, betterproto2.TYPE_MESSAGE, optional=True)
    value: BetterIValue | None = betterproto2.field(2, betterproto2.TYPE_MESSAGE, optional=True)


@dataclass(eq=False)
class BetterDict(betterproto2.Message):
    """A dict for betterproto2."""

    type: str = betterproto2.field(1, betterproto2.TYPE_STRING)
    entries: list[BetterEntry] = betterproto2.field(2, betterproto2.TYPE_MESSAGE, repeated=True)


@dataclass(eq=False)
class BetterIValue(betterproto2.Message):
    """A value for betterproto2."""

    tensor_index: int | None = betterproto2.field(
        2, betterproto2.TYPE_UINT32, optional=True, group="kind"
    )
    string_value: str | None = betterproto2.field(
        7, betterproto2.TYPE_STRING, optional=True, group="kind"
    )
    int_list: BetterIntList | None = betterproto2.field(
        10, betterproto2.TYPE_MESSAGE, optional=True, group="kind"
    )
    dict_value: BetterDict | None = betterproto2.field(
        15, betterproto2.TYPE_MESSAGE, optional=True, group="kind"
    )


@dataclass(eq=False)
class BetterFetchRet(betterproto2.Message):
    """ScriptRRefFetchRet for betterproto2."""

    values: list[BetterIValue] = betterproto2.field(1, betterproto2.TYPE_MESSAGE, repeated=True)


@dataclass(eq=False)
class BetterTensor(betterproto2.Message):
    """A tensor for betterproto2."""

    dtype: int = betterproto2.field(1, betterproto2.TYPE_INT32)
    sizes: list[int] = betterproto2.field(2, betterproto2.TYPE_INT64, repeated=True)
    data: bytes = betterproto2.field(3, betterproto2.TYPE_BYTES)


@dataclass(eq=False)
class BetterMessage(betterproto2.Message):
    """The envelope for betterproto2."""

    script_rref_fetch_ret: BetterFetchRet | None = betterproto2.field(
        9, betterproto2.TYPE_MESSAGE, optional=True, group="body"
    )
    rref_user_delete: BetterDelete | None = betterproto2.field(
        11, betterproto2.TYPE_MESSAGE, optional=True, group="body"
    )
    tensors: list[BetterTensor] = betterproto2.field(101, betterproto2.TYPE_MESSAGE, repeated=True)
