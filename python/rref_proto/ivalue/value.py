"""IValue: one TorchScript value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

from .._check import check_int, check_type
from .._text import short_repr
from .._wire import MAX_SIZE
from ..errors import DecodeError, EncodeError
from ..tensor import Device, Tensor, TensorTable
from ..v1 import ivalue_pb2
from .annotation import parse
from .base import KIND_OF_FIELD, MAX_DEPTH, IValueBase, Kind
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject
from .conversion import SIZE_LIMIT, Conversion
from .from_python import writer_of
from .measure import Measured
from .tree import CHILDREN, descendants, is_deeper, renumber, tensors_inside
from .type_of import annotation_of
from .write import WRITERS

Tensors = tuple[Tensor, ...]
_new = object.__new__


class IValue(IValueBase):
    """One value of TorchScript: a kind and a Python value of that kind. Immutable.

    It is a thin view of a generated message, which it never gives away, and of the tensors beside
    it. `kind` is the name of a field in the .proto message's oneof, except that a tensor, which
    the schema refers to by its index, is a "tensor_value" here and `value` is the Tensor itself.
    `from_python` chooses the kind; `to_python` returns plain Python. A value that was received
    keeps its whole message alive.

    Floats are equal where their bits are, so NaN equals itself and -0.0 is not 0.0. A string_value
    and a bytes_value of the same bytes are equal, being one c10 string, though they are two fields.
    Fields of a later version are kept, but neither repr nor `value` has them. Old releases of
    protobuf's pure-Python backend hold the -0.0 of a complex number as 0.0, and all of its releases
    read each NaN as the same one.

    Raises TypeError for a value that does not go with the kind, EncodeError for one that cannot
    be sent: an int beyond int64, text that is not Unicode, nesting beyond 96 protobuf levels.
    Source: the message IValue of ivalue.proto; libtorch's c10::IValue.
    """

    __slots__ = ("_proto", "_tensors", "_value")
    __match_args__ = ("kind", "value")

    _proto: Any
    # What the message refers to by index. Of a received value these are all of its message.
    _tensors: Tensors
    # What `value` returned, once it was asked for.
    _value: Any

    def __init__(self, kind: Kind, value: Any = None) -> None:
        check_type(kind, str, "IValue.kind")
        write = WRITERS.get(kind)
        if write is None:
            raise EncodeError(
                f"expected one of {', '.join(WRITERS)}, got {short_repr(kind)}", "IValue.kind"
            )
        self._proto, table = ivalue_pb2.IValue(), TensorTable()
        if kind in CHILDREN:
            size = Measured().size(value)
            if size > MAX_SIZE:
                raise EncodeError(f"expected at most {MAX_SIZE} bytes, got about {size}", "IValue")
            write(self._proto, value, table)
            if is_deeper(self._proto, MAX_DEPTH):
                raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")
        else:
            write(self._proto, value, table)
        self._tensors = table.tensors() if table else ()
        self._value = None

    @classmethod
    def _from_proto(cls, proto: Any, tensors: Tensors) -> IValue:
        """Take over `proto`, a valid generated IValue that nobody changes, and its tensors."""
        value: IValue = _new(cls)
        value._proto = proto
        value._tensors = tensors
        value._value = None
        return value

    @classmethod
    def from_python(
        cls, value: Any, type: str | None = None, *, size_limit: int = SIZE_LIMIT
    ) -> IValue:
        """Make an IValue of a Python value, of TorchScript's type `type` ("Dict[str, int]").

        Without `type` it is inferred. Lists become the packed kind where there is one. Tensor,
        Device, ScriptObject, EnumHolder, RRefForkData and IValue go in as they are. A list that is
        in several places is written in each of them, so `size_limit` says how many bytes the value
        may take in all, about, tensors' data not counted.
        Raises TypeError where the value is not of the type, or of none that TorchScript has, and
        EncodeError where the type cannot be read or inferred, or the value cannot be sent.
        """
        if type is None:
            if isinstance(value, cls):
                return value
            if isinstance(value, Tensor):
                return cls._from_proto(ivalue_pb2.IValue(tensor_index=0), (value,))
        check_type(type, (str, NoneType), "IValue.from_python type")
        limit = check_int(size_limit, (0, 2**63 - 1), "IValue.from_python size_limit")
        conversion = Conversion(value, limit)
        annotation = conversion.infer(value) if type is None else parse(type)
        proto = ivalue_pb2.IValue()
        writer_of(annotation)(conversion, proto, value, 0)
        return cls._from_proto(proto, conversion.table.tensors())

    def to_python(self) -> Any:
        """Return the value as plain Python: None, bool, int, str, tuple, list, dict and so on.

        What Python has no type for stays Tensor, Device, ScriptObject, EnumHolder, RRefForkData.
        Raises DecodeError for a dict with keys that Python's dict does not take.
        """
        return all_to_python((self._proto,), self._tensors)[0]

    @property
    def kind(self) -> Kind:
        """The kind, such as "int_list"."""
        return KIND_OF_FIELD[self._proto.WhichOneof("kind")]

    @property
    def value(self) -> Any:
        """The value: a Python value, a tuple, or an object such as GenericDict, with IValues in it.

        It is made of the generated message when it is first asked for.
        """
        if self._value is None:
            field = self._proto.WhichOneof("kind")
            content = getattr(self._proto, field)
            read = VALUES.get(field)
            self._value = content if read is None else read(content, self._tensors)
        return self._value

    @property
    def type(self) -> str:
        """TorchScript's annotation of the value's type, such as "List[int]"."""
        return annotation_of(self._proto)

    @property
    def byte_size(self) -> int:
        """How many bytes the value takes in a message, tensors' data not counted."""
        return int(self._proto.ByteSize())

    def tensors(self) -> Tensors:
        """Return each tensor inside the value once, in the order in which they are met."""
        return tensors_inside(self._proto, self._tensors) if self._tensors else ()

    def rrefs(self) -> tuple[RRefForkData, ...]:
        """Return each RRef inside the value once, in the order in which they are met."""
        found = (
            RRefForkData._from_proto(each.rref_value)
            for each in descendants(self._proto)
            if each.WhichOneof("kind") == "rref_value"
        )
        return tuple(dict.fromkeys(found))

    def _to_proto(self, proto: Any, table: TensorTable) -> None:
        """Set every field of `proto`, a new generated IValue; `table` gives tensors their index."""
        proto.CopyFrom(self._proto)
        if self._tensors:
            renumber(proto, self._tensors, table.index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IValue):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[bytes, Tensors]:
        """Return what two values are compared by: the bytes of an equal message, and its tensors.

        In it each string is in one field, whether it is text or not, and each place that refers to
        a tensor has a tensor of its own: whether two of them are one object does not matter.
        """
        proto = ivalue_pb2.IValue()
        proto.CopyFrom(self._proto)
        met: list[Tensor] = []

        def next_index(tensor: Tensor) -> int:
            met.append(tensor)
            return len(met) - 1

        renumber(proto, self._tensors, next_index)
        for each in descendants(proto):
            if each.WhichOneof("kind") == "string_value":
                each.bytes_value = each.string_value.encode()
        return proto.SerializeToString(deterministic=True), tuple(met)

    def __repr__(self) -> str:
        return f"IValue({self.kind!r}, {_repr(self.value)})"

    def __reduce__(self) -> tuple[Callable[..., IValue], tuple[bytes, Tensors]]:
        proto, table = ivalue_pb2.IValue(), TensorTable()
        self._to_proto(proto, table)
        return _read_parts, (proto.SerializeToString(), table.tensors())


def _read_parts(fields: bytes, tensors: Tensors) -> IValue:
    """Make a value of its wire bytes and the tensors that it refers to."""
    return IValue._from_proto(ivalue_pb2.IValue.FromString(fields), tensors)


def generated_parts(value: IValue) -> tuple[Any, Tensors]:
    """Return the generated IValue of `value` and the tensors it refers to. Nobody may change it."""
    return value._proto, value._tensors


def all_to_python(protos: Iterable[Any], tensors: Tensors) -> list[Any]:
    """Return generated IValues as plain Python: see IValue.to_python."""
    values: list[Any] = []
    for proto in protos:
        field = proto.WhichOneof("kind")
        content = getattr(proto, field)
        convert = PLAIN.get(field)
        values.append(content if convert is None else convert(content, tensors))
    return values


def _views(protos: Iterable[Any], tensors: Tensors) -> tuple[IValue, ...]:
    return tuple(IValue._from_proto(proto, tensors) for proto in protos)


def _tensor_list(content: Any, tensors: Tensors) -> Tensors:
    return tuple(tensors[index] for index in content.tensor_indices)


def _dict(content: Any, tensors: Tensors) -> GenericDict:
    entries = tuple(_views((entry.key, entry.value), tensors) for entry in content.entries)
    return GenericDict(content.type, entries)  # type: ignore[arg-type]


def _object(content: Any, tensors: Tensors) -> ScriptObject:
    attributes = tuple(
        (each.name, IValue._from_proto(each.value, tensors)) for each in content.attributes
    )
    has_state = content.HasField("state")
    state = IValue._from_proto(content.state, tensors) if has_state else None
    return ScriptObject(content.type, attributes, state)


def _enum(content: Any, tensors: Tensors) -> EnumHolder:
    return EnumHolder(content.type, IValue._from_proto(content.value, tensors))


def _plain_dict(content: Any, tensors: Tensors) -> dict[Any, Any]:
    plain: dict[Any, Any] = {}
    find = PLAIN.get
    for entry in content.entries:
        # What all_to_python does, twice. To call it here would take a tenth longer in all.
        key, value = entry.key, entry.value
        field = key.WhichOneof("kind")
        convert = find(field)
        key = getattr(key, field) if convert is None else convert(getattr(key, field), tensors)
        field = value.WhichOneof("kind")
        convert = find(field)
        value = getattr(value, field)
        try:
            plain[key] = value if convert is None else convert(value, tensors)
        except TypeError:
            raise DecodeError(f"Python has no dict with the keys of a {content.type}") from None
    return plain


def _packed(content: Any, _: Tensors) -> tuple[Any, ...]:
    return tuple(content.values)


def _plain_packed(content: Any, _: Tensors) -> list[Any]:
    # A slice is a list, and takes half the time of list().
    return content.values[:]  # type: ignore[no-any-return]


Read = Callable[[Any, Tensors], Any]

# How to make `value` of what a field of the oneof holds. The others hold the value itself.
VALUES: dict[str, Read] = {
    "none_value": lambda *_: None,
    "tensor_index": lambda index, tensors: tensors[index],
    "complex_value": lambda content, _: complex(content.real, content.imag),
    "tuple_value": lambda content, tensors: _views(content.elements, tensors),
    "int_list": _packed,
    "double_list": _packed,
    "bool_list": _packed,
    "tensor_list": _tensor_list,
    "list_value": lambda content, tensors: GenericList(
        content.type, _views(content.elements, tensors)
    ),
    "dict_value": _dict,
    "device_value": lambda content, _: Device._from_proto(content),
    "object_value": _object,
    "enum_value": _enum,
    "rref_value": lambda content, _: RRefForkData._from_proto(content),
}
# How to make plain Python of it, where that is not `value`.
PLAIN: dict[str, Read] = {
    **VALUES,
    "tuple_value": lambda content, tensors: tuple(all_to_python(content.elements, tensors)),
    "int_list": _plain_packed,
    "double_list": _plain_packed,
    "bool_list": _plain_packed,
    "tensor_list": lambda content, tensors: list(_tensor_list(content, tensors)),
    "list_value": lambda content, tensors: all_to_python(content.elements, tensors),
    "dict_value": _plain_dict,
}


def _repr(value: Any) -> str:
    """Return an expression whose value is `value`, which repr() of NaN or -0j is not.

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
