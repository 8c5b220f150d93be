"""Python values into a generated IValue, by TorchScript's type, given or inferred.

For each type there is a function that writes a value of it. It is made once for a type, and not for
each value: the elements of a long list are all written by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from .._check import as_int
from .._text import short_repr
from ..errors import EncodeError
from ..tensor import Device, Tensor
from .annotation import NONE, UNKNOWN, Annotation
from .base import MAX_DEPTH, IValueBase, Kind
from .conversion import Conversion, mismatch
from .write import WRITERS, write_packed

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

# Writes a value into a new generated IValue that has so many levels of messages around it.
Writer = Callable[[Conversion, Any, Any, int], None]


def writer_of(annotation: Annotation) -> Writer:
    """Return the function that writes values of a type. It raises as IValue.from_python."""
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
        raise mismatch(value, annotation)
    return value


def _given_writer(annotation: Annotation) -> Writer:
    """Return the writer of a type that only values that carry their own type have."""

    def write(conversion: Conversion, proto: Any, value: Any, level: int) -> None:
        if not conversion.place(proto, value, annotation, level):
            raise mismatch(value, annotation)

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
                raise mismatch(value, annotation)
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
                    raise mismatch(value, annotation)
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
            raise mismatch(value, annotation)
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
        raise unfit or mismatch(value, Annotation("Union", choices))

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
