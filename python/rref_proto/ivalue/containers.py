"""Classes for the values of TorchScript that Python has no type for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._check import WORKER_ID_RANGE, check_int, check_items, check_str, check_type
from .._text import short_repr
from ..errors import EncodeError
from ..ids import ForkId, RRefId, read_required_id
from .base import check_ivalue, check_ivalues

if TYPE_CHECKING:
    from .value import IValue

CLASS_PREFIX = "__torch__."
# Longer than any name of a class: a short reference to a long name must not be much work.
LONGEST_CLASS_NAME = 1024
# What the value of an enum's member can be.
ENUM_KINDS = frozenset({"int_value", "double_value", "string_value", "bytes_value"})

_set = object.__setattr__  # the classes are frozen


@dataclass(frozen=True, slots=True)
class GenericList:
    """A list that is none of TorchScript's packed lists: its type ("List[str]") and elements.

    Source: the message GenericList of ivalue.proto.
    """

    type: str
    elements: tuple[IValue, ...]

    def __post_init__(self) -> None:
        _set(self, "type", check_str(self.type, "GenericList.type"))
        _set(self, "elements", check_ivalues(self.elements, "GenericList.elements"))


@dataclass(frozen=True, slots=True)
class GenericDict:
    """A dict: its type ("Dict[str, int]") and its (key, value) pairs in the order of insertion.

    Source: the message GenericDict of ivalue.proto.
    """

    type: str
    entries: tuple[tuple[IValue, IValue], ...]

    def __post_init__(self) -> None:
        _set(self, "type", check_str(self.type, "GenericDict.type"))
        entries = _pairs(self.entries, "GenericDict.entries")
        for entry in entries:
            check_ivalues(entry, "GenericDict.entries")
        _set(self, "entries", entries)


@dataclass(frozen=True, slots=True)
class ScriptObject:
    """An instance of a TorchScript class.

    `type` is the qualified name ("__torch__.module.Class"), `attributes` the (name, value) pairs
    in the order of the class; or `state` is what the class's own __getstate__ returned.
    Raises EncodeError for another name, and where attributes and state are both there.
    Source: the message ScriptObject of ivalue.proto.
    """

    type: str
    attributes: tuple[tuple[str, IValue], ...] = ()
    state: IValue | None = None

    def __post_init__(self) -> None:
        _set(self, "type", check_class_name(self.type, "ScriptObject.type"))
        attributes = _pairs(self.attributes, "ScriptObject.attributes")
        for name, value in attributes:
            check_str(name, "ScriptObject.attributes")
            check_ivalue(value, "ScriptObject.attributes")
        if self.state is not None:
            check_ivalue(self.state, "ScriptObject.state")
            if attributes:
                raise EncodeError("expected attributes or a state, got both", "ScriptObject")
        _set(self, "attributes", attributes)


@dataclass(frozen=True, slots=True)
class EnumHolder:
    """A member of an enum: the enum's qualified name and the member's value, int, float or str.

    Raises EncodeError for a name or a value of another kind.
    Source: the message EnumHolder of ivalue.proto.
    """

    type: str
    value: IValue

    def __post_init__(self) -> None:
        _set(self, "type", check_class_name(self.type, "EnumHolder.type"))
        check_ivalue(self.value, "EnumHolder.value")
        if self.value.kind not in ENUM_KINDS:
            raise EncodeError(
                f"expected an int, a float or a str, got {self.value.kind}", "EnumHolder.value"
            )


@dataclass(frozen=True, slots=True)
class RRefForkData:
    """An RRef that is passed on: whose it is, which, the receiver's fork, and who passes it on.

    `owner_id` and `parent` are worker ids, `type_str` the annotation of the value's type.
    Raises EncodeError for a worker id out of range.
    Source: the message RRefForkData of ivalue.proto.
    """

    owner_id: int
    rref_id: RRefId
    fork_id: ForkId
    parent: int
    type_str: str

    def __post_init__(self) -> None:
        _set(self, "owner_id", check_int(self.owner_id, WORKER_ID_RANGE, "RRefForkData.owner_id"))
        check_type(self.rref_id, RRefId, "RRefForkData.rref_id")
        check_type(self.fork_id, ForkId, "RRefForkData.fork_id")
        _set(self, "parent", check_int(self.parent, WORKER_ID_RANGE, "RRefForkData.parent"))
        _set(self, "type_str", check_str(self.type_str, "RRefForkData.type_str"))

    def _to_proto(self, proto: Any) -> None:
        """Set every field of `proto`, a new generated RRefForkData."""
        proto.owner_id, proto.parent, proto.type_str = self.owner_id, self.parent, self.type_str
        self.rref_id._to_proto(proto.rref_id)
        self.fork_id._to_proto(proto.fork_id)

    @classmethod
    def _from_proto(cls, proto: Any) -> RRefForkData:
        """Read a generated RRefForkData. Raises DecodeError, or EncodeError for a number."""
        rref_id = read_required_id(RRefId, proto, "rref_id")
        fork_id = read_required_id(ForkId, proto, "fork_id")
        return cls(proto.owner_id, rref_id, fork_id, proto.parent, proto.type_str)


def check_class_name(name: Any, where: str) -> str:
    """Return `name`, checked to be what libtorch calls a class that TorchScript compiled."""
    text = check_str(name, where)
    valid = len(text) <= LONGEST_CLASS_NAME and text.startswith(CLASS_PREFIX)
    if not valid or not all(map(str.isidentifier, text.split("."))):
        raise EncodeError(
            f"expected a name such as {CLASS_PREFIX}module.Class, got {short_repr(text)}", where
        )
    return text


def _pairs(values: Iterable[Any], where: str) -> tuple[tuple[Any, Any], ...]:
    pairs = check_items(values, where)
    for pair in pairs:
        check_type(pair, (tuple, list), where)
        if len(pair) != 2:
            raise TypeError(f"{where}: expected pairs, got one of length {len(pair)}")
    return tuple((first, second) for first, second in pairs)
