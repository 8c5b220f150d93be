"""Conversion: one Python value on its way into a generated IValue, and the types that it has."""

from __future__ import annotations

from typing import Any

from .._check import as_int
from .._text import short_repr, shown
from ..errors import EncodeError
from ..tensor import Device, Tensor, TensorTable
from .annotation import NONE, Annotation, parse, unify
from .base import MAX_DEPTH, IValueBase, Kind
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject
from .measure import Measured
from .tree import is_deeper
from .write import WRITERS

# In bytes.
SIZE_LIMIT = 64 << 20
# Values that carry their own type, and the kind they become.
TYPED: dict[type, Kind] = {
    GenericList: "list_value",
    GenericDict: "dict_value",
    ScriptObject: "object_value",
    EnumHolder: "enum_value",
    RRefForkData: "rref_value",
}

INFERRED: dict[type, Annotation] = {
    type(None): NONE,
    bool: Annotation("bool"),
    int: Annotation("int"),
    float: Annotation("float"),
    complex: Annotation("complex"),
    str: Annotation("str"),
    bytes: Annotation("str"),
    Tensor: Annotation("Tensor"),
    Device: Annotation("Device"),
}


class Conversion:
    """One Python value on its way into a generated IValue, and the tensors that were met.

    Raises EncodeError where the value with everything written out is larger than `size_limit`, in
    bytes, or nested without end.
    """

    def __init__(self, value: Any, size_limit: int) -> None:
        self.measured = Measured()
        self.table = TensorTable()
        # By the identity of a container, the type that was inferred.
        self._inferred: dict[int, Annotation] = {}
        self._limit = size_limit
        self.size = 0
        self.add_size(self.measured.size(value))

    def add_size(self, size: int) -> None:
        """Count `size` bytes more. Raises EncodeError where there are more than the limit."""
        self.size += size
        if self.size > self._limit:
            raise EncodeError(
                f"expected a value of at most {self._limit} bytes (size_limit), got "
                f"{short_repr(self.size)}, what is in several places being counted in each"
            )

    def infer(self, value: Any) -> Annotation:
        """Return the type that `value` has in TorchScript, UNKNOWN for what an empty list holds.

        Raises TypeError for what TorchScript has no type for, EncodeError for elements without a
        common type.
        """
        exact = INFERRED.get(type(value))
        if exact is not None:
            return exact
        if isinstance(value, (list, tuple, dict)):
            identity = id(value)
            if identity not in self._inferred:
                self._inferred[identity] = self._infer_container(value)
            return self._inferred[identity]
        if isinstance(value, IValueBase):
            return _parse_given(value.type)
        if type(value) in TYPED:
            return _parse_given(_type_of(value))
        for known, annotation in INFERRED.items():
            if isinstance(value, known) or (known is int and as_int(value) is not None):
                return annotation
        raise TypeError(
            shown(
                f"expected a value that TorchScript has a type for, got {type(value).__qualname__} "
                "(an array or a torch tensor goes through Tensor.from_numpy or Tensor.from_torch)"
            )
        )

    def _infer_container(self, value: Any) -> Annotation:
        if isinstance(value, list):
            return Annotation("List", (self._infer_common(value),))
        if isinstance(value, tuple):
            return Annotation("Tuple", tuple(map(self.infer, value)))
        parts = list(value), list(value.values())
        return Annotation("Dict", tuple(map(self._infer_common, parts)))

    def _infer_common(self, values: list[Any]) -> Annotation:
        types = self.measured.types(values)
        # Most lists are of one exact type, and may be long.
        if len(types) == 1:
            (only,) = types
            if only in INFERRED:
                return INFERRED[only]
            if only is list:
                inner = [INFERRED.get(each) for each in self.measured.types_inside(values)]
                if len(inner) == 1 and inner[0] is not None:
                    return Annotation("List", (inner[0],))
        return unify(dict.fromkeys(map(self.infer, values)))

    def place(self, proto: Any, value: Any, annotation: Annotation, level: int) -> bool:
        """Set `proto` to `value` if it is an IValue or carries its own type; return whether so.

        Raises TypeError where it is of another type than `annotation`.
        """
        if isinstance(value, IValueBase):
            found = value.type
        elif type(value) in TYPED:
            found = _type_of(value)
        else:
            return False
        if _parse_given(found) != annotation:
            raise mismatch(value, annotation)
        if isinstance(value, IValueBase):
            value._to_proto(proto, self.table)
        else:
            WRITERS[TYPED[type(value)]](proto, value, self.table)
        self.check_depth(proto, level)
        return True

    def check_depth(self, proto: Any, level: int) -> None:
        """Raise EncodeError where `proto`, with `level` messages around it, is nested too deep."""
        if is_deeper(proto, MAX_DEPTH - level):
            raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")


def _type_of(value: Any) -> str:
    """Return the annotation of a value that carries its own type."""
    return f"RRef[{value.type_str}]" if isinstance(value, RRefForkData) else str(value.type)


def _parse_given(text: str) -> Annotation:
    try:
        return parse(text)
    except EncodeError:  # the type came from a sender, and is not ours to judge
        return Annotation(text)


def mismatch(value: Any, annotation: Annotation) -> TypeError:
    """Return the error that says that `value` is not of the type `annotation`."""
    problem = f"expected {annotation}, got {type(value).__qualname__}: {short_repr(value)}"
    return TypeError(shown(problem))
