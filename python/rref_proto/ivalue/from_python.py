"""Python values into IValues, by TorchScript's type, given or inferred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._check import as_int, shorten
from ..errors import EncodeError
from ..tensor import Device, Tensor
from .annotation import NONE, UNKNOWN, Annotation, parse, unify
from .value import (
    NESTING,
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
)

# For each type without parts: the Python types that it takes, and how they become an IValue.
SIMPLE: dict[str, tuple[tuple[type, ...], Callable[[Any], IValue]]] = {
    "NoneType": ((type(None),), lambda value: IValue("none_value", value)),
    "Tensor": ((Tensor,), lambda value: IValue("tensor_value", value)),
    "float": ((float, int), lambda value: IValue("double_value", _fit(float, value))),
    "complex": ((complex, float, int), lambda value: IValue("complex_value", _fit(complex, value))),
    "int": ((int,), lambda value: IValue("int_value", value)),
    "bool": ((bool,), lambda value: IValue("bool_value", value)),
    "str": (
        (str, bytes),
        lambda value: IValue("bytes_value" if isinstance(value, bytes) else "string_value", value),
    ),
    "Device": ((Device,), lambda value: IValue("device_value", value)),
}

# The lists that TorchScript packs, by the type of their elements.
PACKED = {"int": "int_list", "float": "double_list", "bool": "bool_list", "Tensor": "tensor_list"}

# Values that carry their own type, and the kind they become.
TYPED: dict[type, str] = {
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


def infer(value: Any, level: int = 0) -> Annotation:
    """Return the type that TorchScript would give `value`, UNKNOWN for what an empty list holds.

    Raises TypeError for what TorchScript has no type for, EncodeError for elements without a
    common type and for nesting without end.
    """
    _check_level(level)
    match value:
        case tuple():
            return Annotation("Tuple", tuple(infer(element, level + 1) for element in value))
        case list():
            return Annotation("List", (_infer_common(value, level),))
        case dict():
            parts = _infer_common(list(value), level), _infer_common(list(value.values()), level)
            return Annotation("Dict", parts)
    if isinstance(value, IValue):
        return _typed(value)
    if type(value) in TYPED:
        return _typed(IValue(TYPED[type(value)], value))
    for known, annotation in INFERRED.items():
        if isinstance(value, known) or (known is int and as_int(value) is not None):
            return annotation
    raise TypeError(
        f"expected a value that TorchScript has a type for, got {type(value).__qualname__}"
        " (an array or a torch tensor goes through Tensor.from_numpy or Tensor.from_torch)"
    )


def build(value: Any, annotation: Annotation, level: int = 0) -> IValue:
    """Make an IValue of `value`, which is of the type `annotation`. Raises as from_python says."""
    _check_level(level)
    name, arguments = annotation
    if name in CHOICES:
        return CHOICES[name](value, arguments, level)
    if type(value) in TYPED:
        value = IValue(TYPED[type(value)], value)
    if isinstance(value, IValue):
        if _typed(value) != annotation:
            raise _mismatch(value, annotation)
        return value
    if name in SIMPLE:
        return _build_simple(value, name)
    if name in BUILDERS:
        return BUILDERS[name](value, arguments, level)
    raise _mismatch(value, annotation)


def _build_simple(value: Any, name: str) -> IValue:
    accepted, make = SIMPLE[name]
    is_int = int in accepted and as_int(value) is not None
    if not (isinstance(value, accepted) or is_int) or (
        isinstance(value, bool) and bool not in accepted
    ):
        raise _mismatch(value, Annotation(name))
    return make(value)


def _build_list(value: Any, arguments: tuple[Annotation, ...], level: int) -> IValue:
    annotation = Annotation("List", arguments)
    if not isinstance(value, (list, tuple)):
        raise _mismatch(value, annotation)
    if not annotation.known:
        raise EncodeError("an empty list or dict has no type to infer: give `type`")
    (element,) = arguments
    if element.name in PACKED:
        # Most lists are of one exact type, and may be long.
        if not {INFERRED.get(kind) for kind in set(map(type, value))} <= {element}:
            value = [build(each, element, level + 1).value for each in value]
        return IValue(PACKED[element.name], value)
    elements = tuple(build(each, element, level + 1) for each in value)
    return IValue("list_value", GenericList(str(annotation), elements))


def _build_dict(value: Any, arguments: tuple[Annotation, ...], level: int) -> IValue:
    annotation = Annotation("Dict", arguments)
    if not isinstance(value, dict):
        raise _mismatch(value, annotation)
    if not annotation.known:
        raise EncodeError("an empty list or dict has no type to infer: give `type`")
    entries = tuple(
        (build(key, arguments[0], level + 1), build(item, arguments[1], level + 1))
        for key, item in value.items()
    )
    return IValue("dict_value", GenericDict(str(annotation), entries))


def _build_tuple(value: Any, arguments: tuple[Annotation, ...], level: int) -> IValue:
    if not isinstance(value, tuple) or len(value) != len(arguments):
        raise _mismatch(value, Annotation("Tuple", arguments))
    pairs = zip(value, arguments, strict=True)
    return IValue("tuple_value", tuple(build(each, part, level + 1) for each, part in pairs))


def _build_union(value: Any, arguments: tuple[Annotation, ...], level: int) -> IValue:
    # A type that fits exactly goes before one that an int, say, could become.
    try:
        exact = infer(value, level + 1)
    except EncodeError:  # an empty list has no type of its own
        exact = UNKNOWN
    unfit: EncodeError | None = None
    for annotation in sorted(arguments, key=lambda each: each != exact):
        try:
            return build(value, annotation, level + 1)
        except TypeError:  # noqa: PERF203 - that is how a type is found not to fit
            continue
        except EncodeError as error:
            unfit = unfit or error
    if unfit:
        raise unfit
    raise _mismatch(value, Annotation("Union", arguments))


BUILDERS: dict[str, Callable[[Any, tuple[Annotation, ...], int], IValue]] = {
    "List": _build_list,
    "Dict": _build_dict,
    "Tuple": _build_tuple,
}
# Types that leave it to the value which one it is of.
CHOICES: dict[str, Callable[[Any, tuple[Annotation, ...], int], IValue]] = {
    "Union": _build_union,
    "Optional": lambda value, arguments, level: _build_union(value, (NONE, *arguments), level),
    "Any": lambda value, _, level: build(value, infer(value, level + 1), level + 1),
}


def _infer_common(values: list[Any], level: int) -> Annotation:
    # Again for lists that are long: one type for each kind of element, not for each element.
    simple = {INFERRED.get(kind) for kind in set(map(type, values))}
    if len(simple) == 1 and None not in simple:
        return unify(annotation for annotation in simple if annotation)
    return unify(dict.fromkeys(infer(value, level + 1) for value in values))


def _typed(ivalue: IValue) -> Annotation:
    try:
        return parse(ivalue.type)
    except EncodeError:  # its type came from a sender, and is not ours to judge
        return Annotation(ivalue.type)


def _fit(kind: type[float] | type[complex], value: Any) -> float | complex:
    try:
        return kind(value)
    except OverflowError:
        raise EncodeError(f"expected a number that fits a double, got {shorten(value)}") from None


def _check_level(level: int) -> None:
    if level > NESTING:
        raise EncodeError(f"expected at most {NESTING} levels of nesting, got more")


def _mismatch(value: Any, annotation: Annotation) -> TypeError:
    return TypeError(f"expected {annotation}, got {type(value).__qualname__}: {shorten(value)}")
