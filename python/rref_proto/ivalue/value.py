"""IValue: one TorchScript value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import NoneType
from typing import Any

from .._check import check_type
from .._text import short_repr
from ..errors import EncodeError
from .annotation import parse
from .base import MAX_DEPTH, IValueBase, Kind
from .from_python import Builder, infer
from .kinds import KINDS


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class IValue(IValueBase):
    """One value of TorchScript: a kind and a Python value of that kind.

    `kind` is the name of a field in the .proto message's oneof, except that a tensor, which the
    schema refers to by its index, is a "tensor_value" here and holds the Tensor itself.
    `from_python` chooses the kind; `to_python` returns plain Python. `depth` is how many levels of
    protobuf messages the value takes, `byte_size` about how many bytes, tensors' data not counted.

    Floats are equal where their bits are, so NaN equals itself and -0.0 is not 0.0. A string_value
    and a bytes_value of the same bytes are equal, being one c10 string, though they are two fields.

    Raises TypeError for a value that does not go with the kind, EncodeError for one that cannot
    be sent: an int beyond int64, text that is not Unicode, nesting beyond 97 protobuf levels.
    Source: the message IValue of ivalue.proto; libtorch's c10::IValue.
    """

    kind: Kind
    value: Any
    depth: int
    byte_size: int

    __match_args__ = ("kind", "value")

    def __init__(self, kind: Kind, value: Any = None) -> None:
        check_type(kind, str, "IValue.kind")
        rules = KINDS.get(kind)
        if rules is None:
            raise EncodeError(
                f"expected one of {', '.join(KINDS)}, got {short_repr(kind)}", "IValue.kind"
            )
        value, depth, byte_size = rules.check(value)
        if depth > MAX_DEPTH:
            raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got {depth}")
        _set_kind(self, kind)
        _set_value(self, value)
        _set_depth(self, depth)
        _set_byte_size(self, byte_size)

    @classmethod
    def from_python(cls, value: Any, type: str | None = None) -> IValue:
        """Make an IValue of a Python value, of TorchScript's type `type` ("Dict[str, int]").

        Without `type` it is inferred. Lists become the packed kind where there is one. Tensor,
        Device, ScriptObject, EnumHolder, RRefForkData and IValue go in as they are.
        Raises TypeError where the value is not of the type, or of none that TorchScript has, and
        EncodeError where the type cannot be read or inferred, or the value cannot be sent.
        """
        check_type(type, (str, NoneType), "IValue.from_python type")
        annotation = infer(value) if type is None else parse(type)
        return Builder(cls).build(value, annotation)

    def to_python(self) -> Any:
        """Return the value as plain Python: None, bool, int, str, tuple, list, dict and so on.

        What Python has no type for stays Tensor, Device, ScriptObject, EnumHolder, RRefForkData.
        Raises DecodeError for a dict with keys that Python's dict does not take.
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


# The class is frozen, so attributes are set by the slots' own setters.
_set_kind, _set_value, _set_depth, _set_byte_size = (
    IValue.__dict__[name].__set__ for name in ("kind", "value", "depth", "byte_size")
)


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
