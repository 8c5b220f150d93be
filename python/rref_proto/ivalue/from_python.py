"""Python values into a generated IValue, by TorchScript's type, given or inferred.

For each type there is a function that writes a value of it. It is made once for a type, and not for
each value: the elements of a long list are all written by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from .._check import as_int
from .._text import short_repr, shown
from ..errors import EncodeError
from ..tensor import Device, Tensor, TensorTable
from .annotation import NONE, UNKNOWN, Annotation, parse, unify
from .base import MAX_DEPTH, IValueBase, Kind
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject
from .measure import Measured
from .tree import is_deeper
from .write import WRITERS, write_packed

# In bytes.
SIZE_LIMIT = 64 << 20
# Writers are kept for types of so many names. The type of a tuple can have thousands.
LARGEST_CACHED = 64
NO_TYPE_TO_INFER = "an empty list or dict has no type to infer: give `type`"


class Plain(NamedTuple):
    """How the values of a type without parts become IValues."""

    kind: Kind
    # The type that most values have, which needs no conversion.
    exact: type
    # Others that are accepted as well.
    accepted: tuple[type, ...] = ()
    convert: Callable[[Any], Any] = lambda value: value


def _fit(number: type[float] | type[complex]) -> Callable[[Any], float | complex]:
    def convert(value: Any) -> float | complex:
        try:
            return number(value)
        except OverflowError:
            raise EncodeError(
                f"expected a number that fits a double, got {short_repr(value)}"
            ) from None

    return convert


PLAIN: dict[str, Plain] = {
    "NoneType": Plain("none_value", type(None)),
    "Tensor": Plain("tensor_value", Tensor),
    "float": Plain("double_value", float, (int,), _fit(float)),
    "complex": Plain("complex_value", complex, (float, int), _fit(complex)),
    "int": Plain("int_value", int),
    "bool": Plain("bool_value", bool),
    "str": Plain("string_value", str, (bytes,)),
    "Device": Plain("device_value", Device),
}
# Kinds whose values are set as they are.
SCALARS = {"double_value", "int_value", "bool_value", "string_value"}

# The lists that TorchScript packs, by the type of their elements.
PACKED: dict[str, Kind] = {
    "int": "int_list",
    "float": "double_list",
    "bool": "bool_list",
    "Tensor": "tensor_list",
}

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

    def write(self, proto: Any, value: Any, annotation: Annotation) -> None:
        """Set `proto`, a new generated IValue, to `value`, which is of the type `annotation`.

        Raises as IValue.from_python.
        """
        writer_of(annotation)(self, proto, value, 0)

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
            raise _mismatch(value, annotation)
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


# Writes a value into a new generated IValue that has so many levels of messages around it.
Writer = Callable[[Conversion, Any, Any, int], None]


def writer_of(annotation: Annotation) -> Writer:
    """Return the function that writes values of a type."""
    return _cached_writer(annotation) if annotation.parts <= LARGEST_CACHED else _writer(annotation)


def _writer(annotation: Annotation) -> Writer:
    name = annotation.name
    if name in PLAIN:
        return _plain_writer(annotation, PLAIN[name])
    make = MAKERS.get(name, _given_writer)
    return make(annotation)


_cached_writer = lru_cache(maxsize=1024)(_writer)


def _plain_writer(annotation: Annotation, plain: Plain) -> Writer:
    kind, exact, convert = plain.kind, plain.exact, plain.convert

    def write_checked(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        if conversion.place(proto, value, annotation, level):
            return
        converted = convert(_accepted(value, annotation, plain))
        write = WRITERS["bytes_value" if isinstance(value, bytes) else kind]
        write(proto, converted, conversion.table)
        if level > MAX_DEPTH - 3:
            conversion.check_depth(proto, level)

    def write_scalar(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        if type(value) is exact:
            try:
                setattr(proto, kind, value)
            except ValueError:  # out of range, or no Unicode: refused below with our own error
                pass
            else:
                return
        write_checked(conversion, proto, value, level)

    return write_scalar if kind in SCALARS else write_checked


def _accepted(value: Any, annotation: Annotation, plain: Plain) -> Any:
    """Return `value`, which must be of a type that becomes the plain type `annotation`."""
    accepted = (plain.exact, *plain.accepted)
    is_int = int in accepted and as_int(value) is not None
    if not (isinstance(value, accepted) or is_int) or (
        isinstance(value, bool) and bool not in accepted
    ):
        raise _mismatch(value, annotation)
    return value


def _given_writer(annotation: Annotation) -> Writer:
    """Return the writer of a type that only values that carry their own type have."""

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        if not conversion.place(proto, value, annotation, level):
            raise _mismatch(value, annotation)

    return write


def _container_writer(
    accepted: type | tuple[type, ...],
    make: Callable[[Annotation], Writer],
) -> Callable[[Annotation], Writer]:
    """Return what makes the writers of a container.

    `accepted` are the Python types for it, `make` returns the writer of values that are of them.
    """

    def make_checked(annotation: Annotation) -> Writer:
        is_known = annotation.known or annotation.name == "Tuple"
        write_accepted = make(annotation) if is_known else None

        def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
            if not isinstance(value, accepted):
                if conversion.place(proto, value, annotation, level):
                    return
                raise _mismatch(value, annotation)
            if write_accepted is None:
                raise EncodeError(NO_TYPE_TO_INFER)
            write_accepted(conversion, proto, value, level)
            if level > MAX_DEPTH - 6:
                conversion.check_depth(proto, level)

        return write

    return make_checked


def _list_writer(annotation: Annotation) -> Writer:
    (element,) = annotation.arguments
    write_element, text = writer_of(element), str(annotation)

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        conversion.add_size(len(text))
        proto.list_value.type = text
        add = proto.list_value.elements.add
        for each in value:
            write_element(conversion, add(), each, level + 2)

    return write


def _packed_writer(annotation: Annotation) -> Writer:
    (element,) = annotation.arguments
    kind, plain = PACKED[element.name], PLAIN[element.name]
    only = {plain.exact}

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        types = conversion.measured.element_types.get(id(value))
        if types is None:
            if not isinstance(value, (list, tuple)):
                if not conversion.place(proto, value, annotation, level):
                    raise _mismatch(value, annotation)
                return
            types = conversion.measured.types(value)
        if not types <= only:
            value = [_plain_part(each, element, plain) for each in value]
        if kind == "tensor_list":
            WRITERS[kind](proto, value, conversion.table)
        else:
            write_packed(getattr(proto, kind), value)
        if level > MAX_DEPTH - 3:
            conversion.check_depth(proto, level)

    return write


_generic_list_writer = _container_writer((list, tuple), _list_writer)


def _make_list_writer(annotation: Annotation) -> Writer:
    is_packed = annotation.arguments[0].name in PACKED
    return (_packed_writer if is_packed else _generic_list_writer)(annotation)


def _plain_part(value: Any, annotation: Annotation, plain: Plain) -> Any:
    """Return the element of a packed list that `value` becomes."""
    if isinstance(value, IValueBase) and value.kind == plain.kind:
        return value.value
    converted = plain.convert(_accepted(value, annotation, plain))
    return as_int(converted) if plain.exact is int else converted


def _dict_writer(annotation: Annotation) -> Writer:
    write_key, write_value = map(writer_of, annotation.arguments)
    text = str(annotation)

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        conversion.add_size(len(text))
        proto.dict_value.type = text
        add = proto.dict_value.entries.add
        for key, item in value.items():
            entry = add()
            write_key(conversion, entry.key, key, level + 3)
            write_value(conversion, entry.value, item, level + 3)

    return write


def _tuple_writer(annotation: Annotation) -> Writer:
    writers = tuple(map(writer_of, annotation.arguments))

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        if len(value) != len(writers):
            raise _mismatch(value, annotation)
        proto.tuple_value.SetInParent()
        add = proto.tuple_value.elements.add
        for write_element, each in zip(writers, value, strict=True):
            write_element(conversion, add(), each, level + 2)

    return write


def _union_writer(annotation: Annotation) -> Writer:
    """Return the writer of the type that fits.

    One that fits exactly goes before one that an int, say, could become.
    """
    optional = annotation.name == "Optional"
    choices = (NONE, *annotation.arguments) if optional else annotation.arguments

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        try:
            exact = conversion.infer(value)
        except EncodeError:  # an empty list has no type of its own
            exact = UNKNOWN
        unfit: EncodeError | None = None
        size = conversion.size
        for choice in sorted(choices, key=lambda each: each != exact):
            try:
                return writer_of(choice)(conversion, proto, value, level)
            except TypeError:
                pass
            except EncodeError as error:
                unfit = unfit or error
            proto.Clear()
            conversion.size = size
        raise unfit or _mismatch(value, Annotation("Union", choices))

    return write


def _any_writer(_: Annotation) -> Writer:
    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        writer_of(conversion.infer(value))(conversion, proto, value, level)

    return write


# By the name of a type with parts, or of one that leaves it to the value what it is.
MAKERS: dict[str, Callable[[Annotation], Writer]] = {
    "List": _make_list_writer,
    "Dict": _container_writer(dict, _dict_writer),
    "Tuple": _container_writer(tuple, _tuple_writer),
    "Union": _union_writer,
    "Optional": _union_writer,
    "Any": _any_writer,
}


def _type_of(value: Any) -> str:
    """Return the annotation of a value that carries its own type."""
    return f"RRef[{value.type_str}]" if isinstance(value, RRefForkData) else str(value.type)


def _parse_given(text: str) -> Annotation:
    try:
        return parse(text)
    except EncodeError:  # the type came from a sender, and is not ours to judge
        return Annotation(text)


def _mismatch(value: Any, annotation: Annotation) -> TypeError:
    problem = f"expected {annotation}, got {type(value).__qualname__}: {short_repr(value)}"
    return TypeError(shown(problem))
