"""IValue: one TorchScript value, and the classes for what Python itself has no type for."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, NamedTuple, cast

from .._check import INT64, WORKER_ID, check_int, check_str, check_type, shorten
from ..errors import EncodeError, RRefProtoError
from ..ids import ForkId, RRefId
from ..tensor import Device, Tensor
from .annotation import parse

# A RecordedMessage, its Message and the body stand around a value, and a parser that counts the
# outermost message allows 100 levels.
NESTING = 97
# What one value counts for where the size of an unfolded value is bounded, beside its text.
NODE_WEIGHT = 16
# The most bytes that an element of a packed list takes.
VARINT = 10
# Longer than any name of a class: a short reference to a long name must not be much work.
CLASS_NAME = 1024
CLASS_PREFIX = "__torch__."


@dataclass(frozen=True, slots=True)
class GenericList:
    """A list that is none of TorchScript's packed lists: its type ("List[str]") and elements.

    Source: the message GenericList of ivalue.proto.
    """

    type: str
    elements: tuple[IValue, ...]

    def __post_init__(self) -> None:
        _set(self, "type", check_str(self.type, "GenericList.type"))
        _set(self, "elements", _ivalues(self.elements, "GenericList.elements"))


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
            _ivalues(entry, "GenericDict.entries")
        _set(self, "entries", entries)


@dataclass(frozen=True, slots=True)
class ScriptObject:
    """An instance of a TorchScript class.

    `type` is the qualified name ("__torch__.module.Class"), `attributes` the (name, value) pairs
    in the order of the class; or `state` is what the class's own __getstate__ gave.
    Raises EncodeError for another name, and where attributes and state are both there.
    Source: the message ScriptObject of ivalue.proto.
    """

    type: str
    attributes: tuple[tuple[str, IValue], ...] = ()
    state: IValue | None = None

    def __post_init__(self) -> None:
        _set(self, "type", _class_name(self.type, "ScriptObject.type"))
        attributes = _pairs(self.attributes, "ScriptObject.attributes")
        for name, value in attributes:
            check_str(name, "ScriptObject.attributes")
            check_type(value, IValue, "ScriptObject.attributes")
        if self.state is not None:
            check_type(self.state, IValue, "ScriptObject.state")
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
        _set(self, "type", _class_name(self.type, "EnumHolder.type"))
        check_type(self.value, IValue, "EnumHolder.value")
        if self.value.kind not in {"int_value", "double_value", "string_value", "bytes_value"}:
            raise EncodeError(
                f"expected an int, a float or a str, got {self.value.type}", "EnumHolder.value"
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
        _set(self, "owner_id", check_int(self.owner_id, WORKER_ID, "RRefForkData.owner_id"))
        check_type(self.rref_id, RRefId, "RRefForkData.rref_id")
        check_type(self.fork_id, ForkId, "RRefForkData.fork_id")
        _set(self, "parent", check_int(self.parent, WORKER_ID, "RRefForkData.parent"))
        _set(self, "type_str", check_str(self.type_str, "RRefForkData.type_str"))


@dataclass(frozen=True, slots=True)
class SerializedPyObj:
    """A Python object as PyTorch's RPC sends it: a pickle, and the tensors that it refers to.

    The pickle is never read here: unpickling runs whatever code its sender chose.
    Source: libtorch's SerializedPyObj (torch/csrc/distributed/rpc/types.h).
    """

    payload: bytes
    tensors: tuple[Tensor, ...] = ()

    def __post_init__(self) -> None:
        check_type(self.payload, (bytes, bytearray, memoryview), "SerializedPyObj.payload")
        _set(self, "payload", bytes(self.payload))
        _set(self, "tensors", tuple(self.tensors))
        for tensor in self.tensors:
            check_type(tensor, Tensor, "SerializedPyObj.tensors")

    def toIValues(self) -> tuple[IValue, ...]:
        """Return the tensors, then the payload: the values of a PythonRRefFetchRet."""
        tensors = tuple(IValue("tensor_value", tensor) for tensor in self.tensors)
        return (*tensors, IValue("bytes_value", self.payload))

    @classmethod
    def fromIValues(cls, values: Sequence[IValue]) -> SerializedPyObj:
        """Read back what `toIValues` gave. Raises EncodeError where it is nothing of the kind."""
        for value in values:
            check_type(value, IValue, "SerializedPyObj.fromIValues")
        if not values or values[-1].kind not in {"bytes_value", "string_value"}:
            last = values[-1].type if values else "nothing"
            raise EncodeError(f"expected a pickle as the last value, got {last}", "values")
        for index, value in enumerate(values[:-1]):
            if value.kind != "tensor_value":
                raise EncodeError(f"expected a Tensor, got {value.type}", f"values[{index}]")
        payload = values[-1].value
        payload = payload if isinstance(payload, bytes) else payload.encode()
        return cls(payload, tuple(value.value for value in values[:-1]))


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class IValue:
    """One value of TorchScript: a kind and a Python value of that kind.

    `kind` is the name of a field in the .proto message's oneof, except that a tensor, which the
    schema refers to by its index, is a "tensor_value" here and holds the Tensor itself.
    `from_python` chooses the kind; `to_python` gives plain Python back.

    Floats are equal where their bits are, so NaN equals itself and -0.0 is not 0.0. A string_value
    and a bytes_value of the same bytes are equal, being one c10 string, though they are two fields.

    Raises TypeError for a value that does not go with the kind, EncodeError for one that cannot
    be sent: an int beyond int64, text that is not Unicode, nesting beyond 97 protobuf levels.
    Source: the message IValue of ivalue.proto; libtorch's c10::IValue.
    """

    kind: str
    value: Any
    _depth: int
    _weight: int

    __match_args__ = ("kind", "value")

    def __init__(self, kind: str, value: Any = None) -> None:
        check_type(kind, str, "IValue.kind")
        row = KINDS.get(kind)
        if row is None:
            raise EncodeError(f"expected one of {', '.join(KINDS)}, got {kind!r}", "IValue.kind")
        value, depth, weight = row.check(value)
        if depth > NESTING:
            raise EncodeError(f"expected at most {NESTING} levels of nesting, got {depth}")
        _set_kind(self, kind)
        _set_value(self, value)
        _set_depth(self, depth)
        _set_weight(self, weight)

    @classmethod
    def from_python(cls, value: Any, type: str | None = None) -> IValue:
        """Make an IValue of a Python value, of TorchScript's type `type` ("Dict[str, int]").

        Without `type` it is inferred. Lists become the packed kind where there is one. Tensor,
        Device, ScriptObject, EnumHolder, RRefForkData and IValue go in as they are.
        Raises TypeError where the value is not of the type, or of none that TorchScript has, and
        EncodeError where the type cannot be read or inferred, or the value cannot be sent.
        """
        from .from_python import build, infer  # which builds on this module

        check_type(type, (str, NoneType), "IValue.from_python type")
        return build(value, infer(value) if type is None else parse(type))

    def to_python(self) -> Any:
        """Return the value as plain Python: None, bool, int, str, tuple, list, dict and so on.

        What Python has no type for stays Tensor, Device, ScriptObject, EnumHolder, RRefForkData.
        """
        return KINDS[self.kind].to_python(self.value)

    @property
    def type(self) -> str:
        """TorchScript's annotation of the value's type, such as "List[int]"."""
        return KINDS[self.kind].annotation(self.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IValue):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, Any]:
        key = KINDS[self.kind].key
        if self.kind == "string_value":
            return "bytes_value", key(self.value)
        return self.kind, key(self.value)

    def __repr__(self) -> str:
        return f"IValue({self.kind!r}, {_repr(self.value)})"


_set = object.__setattr__
_set_kind = cast(Any, IValue).kind.__set__
_set_value = cast(Any, IValue).value.__set__
_set_depth = cast(Any, IValue)._depth.__set__
_set_weight = cast(Any, IValue)._weight.__set__

Checked = tuple[Any, int, int]


class Kind(NamedTuple):
    """What sets one kind of IValue apart; each kind is one row of KINDS."""

    # Give the checked value, the levels of protobuf messages it takes, and its weight.
    check: Callable[[Any], Checked]
    # Give the type's annotation.
    annotation: Callable[[Any], str]
    # Give plain Python.
    to_python: Callable[[Any], Any] = lambda value: value
    # Give what two values are compared by.
    key: Callable[[Any], Any] = lambda value: value


def _class_name(name: Any, where: str) -> str:
    """Return `name`, checked to be what libtorch calls a class that TorchScript compiled."""
    text = check_str(name, where)
    valid = len(text) <= CLASS_NAME and text.startswith(CLASS_PREFIX)
    if not valid or not all(map(str.isidentifier, text.split("."))):
        raise EncodeError(
            f"expected a name such as {CLASS_PREFIX}module.Class, got {shorten(text)}", where
        )
    return text


def _pairs(values: Iterable[Any], where: str) -> tuple[tuple[Any, Any], ...]:
    pairs = tuple(values)
    for pair in pairs:
        check_type(pair, (tuple, list), where)
        if len(pair) != 2:
            raise TypeError(f"{where}: expected pairs, got one of length {len(pair)}")
    return tuple((first, second) for first, second in pairs)


def _ivalues(values: Iterable[Any], where: str) -> tuple[IValue, ...]:
    checked = tuple(values)
    for value in checked:
        check_type(value, IValue, where)
    return checked


def _is(expected: type, depth: int = 1) -> Callable[[Any], Checked]:
    """Return the check of a value of the type `expected`."""

    def check(value: Any) -> Checked:
        check_type(value, expected, "IValue.value")
        return value, depth, NODE_WEIGHT

    return check


def _check_double(value: Any) -> Checked:
    check_type(value, float, "IValue.value")
    return float(value), 1, NODE_WEIGHT


def _check_complex(value: Any) -> Checked:
    check_type(value, complex, "IValue.value")
    return complex(value), 2, NODE_WEIGHT


def _check_int(value: Any) -> Checked:
    return check_int(value, INT64, "IValue.value"), 1, NODE_WEIGHT


def _check_string(value: Any) -> Checked:
    text = check_str(value, "IValue.value")
    return text, 1, NODE_WEIGHT + len(text.encode())


def _check_bytes(value: Any) -> Checked:
    check_type(value, (bytes, bytearray, memoryview), "IValue.value")
    return bytes(value), 1, NODE_WEIGHT + len(value)


def _check_packed(expected: type) -> Callable[[Any], Checked]:
    """Return the check of a packed list, whose elements are all of the type `expected`."""

    def check(value: Any) -> Checked:
        values = tuple(value)
        for other in set(map(type, values)) - {expected}:
            raise TypeError(
                f"IValue.value: expected {expected.__name__} only, got {other.__name__}"
            )
        return values, 2, NODE_WEIGHT + VARINT * len(values)

    return check


def _check_int_list(value: Any) -> Checked:
    values, depth, weight = _check_packed(int)(value)
    for extreme in (min(values, default=0), max(values, default=0)):
        check_int(extreme, INT64, "IValue.value")
    return values, depth, weight


def _nested(children: Iterable[IValue], levels: int) -> tuple[int, int]:
    """Return depth and weight of a value around `children`, `levels` messages above them."""
    depth, weight = 0, NODE_WEIGHT
    for child in children:
        depth = max(depth, child._depth)
        weight += child._weight
    return depth + levels, weight


def _check_tuple(value: Any) -> Checked:
    values = _ivalues(value, "IValue.value")
    return (values, *_nested(values, 2))


def _check_list(value: Any) -> Checked:
    check_type(value, GenericList, "IValue.value")
    depth, weight = _nested(value.elements, 2)
    return value, depth, weight + len(value.type)


def _check_dict(value: Any) -> Checked:
    check_type(value, GenericDict, "IValue.value")
    depth, weight = _nested((each for entry in value.entries for each in entry), 3)
    return value, depth, weight + len(value.type)


def _check_object(value: Any) -> Checked:
    check_type(value, ScriptObject, "IValue.value")
    if value.state is not None:
        depth, weight = _nested((value.state,), 2)
    else:
        depth, weight = _nested((attribute for _, attribute in value.attributes), 3)
    names = sum(len(name) for name, _ in value.attributes)
    return value, depth, weight + len(value.type) + names


def _check_enum(value: Any) -> Checked:
    check_type(value, EnumHolder, "IValue.value")
    return value, 3, NODE_WEIGHT + len(value.type) + value.value._weight


def _check_rref(value: Any) -> Checked:
    check_type(value, RRefForkData, "IValue.value")
    return value, 3, NODE_WEIGHT + len(value.type_str)


def _dict_to_python(value: GenericDict) -> dict[Any, Any]:
    try:
        return {key.to_python(): item.to_python() for key, item in value.entries}
    except TypeError:
        raise RRefProtoError(f"Python has no dict with the keys of a {value.type}") from None


def _double_key(*values: float) -> bytes:
    return struct.pack(f"{len(values)}d", *values)


def _tuple_type(values: tuple[IValue, ...]) -> str:
    return f"Tuple[{', '.join(value.type for value in values) or '()'}]"


def _repr(value: Any) -> str:
    """Return `value` as an expression that gives it back, which repr() of NaN or -0j is not.

    What a NaN holds beside its sign is lost: Python has no notation for it.
    """
    if isinstance(value, float):
        if math.isnan(value):
            return "float('-nan')" if math.copysign(1, value) < 0 else "float('nan')"
        return repr(value) if math.isfinite(value) else f"float('{value}')"
    if isinstance(value, complex):
        return f"complex({_repr(value.real)}, {_repr(value.imag)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_repr, value))}{',' * (len(value) == 1)})"
    return repr(value)


KINDS: dict[str, Kind] = {
    "none_value": Kind(_is(NoneType, depth=2), lambda _: "NoneType"),
    "tensor_value": Kind(_is(Tensor), lambda _: "Tensor"),
    "double_value": Kind(_check_double, lambda _: "float", key=_double_key),
    "complex_value": Kind(
        _check_complex, lambda _: "complex", key=lambda z: _double_key(z.real, z.imag)
    ),
    "int_value": Kind(_check_int, lambda _: "int"),
    "bool_value": Kind(_is(bool), lambda _: "bool"),
    "string_value": Kind(_check_string, lambda _: "str", key=str.encode),
    "bytes_value": Kind(_check_bytes, lambda _: "str"),
    "tuple_value": Kind(
        _check_tuple,
        _tuple_type,
        lambda values: tuple(value.to_python() for value in values),
    ),
    "int_list": Kind(_check_int_list, lambda _: "List[int]", list),
    "double_list": Kind(
        _check_packed(float), lambda _: "List[float]", list, lambda v: array("d", v).tobytes()
    ),
    "bool_list": Kind(_check_packed(bool), lambda _: "List[bool]", list),
    "tensor_list": Kind(_check_packed(Tensor), lambda _: "List[Tensor]", list),
    "list_value": Kind(
        _check_list,
        lambda value: value.type,
        lambda value: [element.to_python() for element in value.elements],
    ),
    "dict_value": Kind(_check_dict, lambda value: value.type, _dict_to_python),
    "device_value": Kind(_is(Device, depth=2), lambda _: "Device"),
    "object_value": Kind(_check_object, lambda value: value.type),
    "enum_value": Kind(_check_enum, lambda value: value.type),
    "rref_value": Kind(_check_rref, lambda value: f"RRef[{value.type_str}]"),
}
