"""Python values into IValues, by TorchScript's type, given or inferred."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._check import as_int
from .._text import short_repr, shown
from ..errors import EncodeError
from ..tensor import Device, Tensor
from .annotation import NONE, UNKNOWN, Annotation, parse, unify
from .base import MAX_DEPTH, IValueBase, Kind
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject
from .kinds import KINDS

if TYPE_CHECKING:
    from .value import IValue

Arguments = tuple[Annotation, ...]

NO_TYPE_TO_INFER = "an empty list or dict has no type to infer: give `type`"


class Plain(NamedTuple):
    """How the values of a type without parts become IValues."""

    accepted: tuple[type, ...]
    kind: Kind
    convert: Callable[[Any], Any] = lambda value: value


def _fit(number: type[float] | type[complex], value: Any) -> float | complex:
    try:
        return number(value)
    except OverflowError:
        raise EncodeError(
            f"expected a number that fits a double, got {short_repr(value)}"
        ) from None


PLAIN: dict[str, Plain] = {
    "NoneType": Plain((type(None),), "none_value"),
    "Tensor": Plain((Tensor,), "tensor_value"),
    "float": Plain((float, int), "double_value", lambda value: _fit(float, value)),
    "complex": Plain((complex, float, int), "complex_value", lambda value: _fit(complex, value)),
    "int": Plain((int,), "int_value"),
    "bool": Plain((bool,), "bool_value"),
    "str": Plain((str, bytes), "string_value"),
    "Device": Plain((Device,), "device_value"),
}

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


def infer(value: Any, level: int = 0) -> Annotation:
    """Return the type that `value` has in TorchScript, UNKNOWN for what an empty list holds.

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
    if isinstance(value, IValueBase):
        return _parse_given(value.type)
    if type(value) in TYPED:
        return _parse_given(KINDS[TYPED[type(value)]].annotation(value))
    for known, annotation in INFERRED.items():
        if isinstance(value, known) or (known is int and as_int(value) is not None):
            return annotation
    raise TypeError(
        shown(
            f"expected a value that TorchScript has a type for, got {type(value).__qualname__} "
            "(an array or a torch tensor goes through Tensor.from_numpy or Tensor.from_torch)"
        )
    )


def _infer_common(values: list[Any], level: int) -> Annotation:
    # Most lists are of one exact type, and may be long: one type for each kind of element is
    # enough then, not one for each element.
    plain = {INFERRED.get(kind) for kind in set(map(type, values))}
    if len(plain) == 1 and None not in plain:
        return unify(annotation for annotation in plain if annotation)
    return unify(dict.fromkeys(infer(value, level + 1) for value in values))


class Builder:
    """Makes IValues of Python values. It is given the class IValue, which builds on this module."""

    def __init__(self, ivalue: type[IValue]) -> None:
        self.ivalue = ivalue

    def build(self, value: Any, annotation: Annotation, level: int = 0) -> IValue:
        """Make an IValue of `value`, of the type `annotation`. Raises as IValue.from_python."""
        _check_level(level)
        name, arguments = annotation
        if name in CHOICES:
            return CHOICES[name](self, value, arguments, level)
        if type(value) in TYPED:
            value = self.ivalue(TYPED[type(value)], value)
        if isinstance(value, self.ivalue):
            if _parse_given(value.type) != annotation:
                raise _mismatch(value, annotation)
            return value
        if name in PLAIN:
            return self.plain(value, name)
        if name in CONTAINERS:
            return CONTAINERS[name](self, value, arguments, level)
        raise _mismatch(value, annotation)

    def plain(self, value: Any, name: str) -> IValue:
        """Make an IValue of a type without parts."""
        accepted, kind, convert = PLAIN[name]
        is_int = int in accepted and as_int(value) is not None
        if not (isinstance(value, accepted) or is_int) or (
            isinstance(value, bool) and bool not in accepted
        ):
            raise _mismatch(value, Annotation(name))
        return self.ivalue("bytes_value" if isinstance(value, bytes) else kind, convert(value))

    def list(self, value: Any, arguments: Arguments, level: int) -> IValue:
        """Make a list, of the packed kind where there is one for its elements."""
        annotation = Annotation("List", arguments)
        if not isinstance(value, (list, tuple)):
            raise _mismatch(value, annotation)
        if not annotation.known:
            raise EncodeError(NO_TYPE_TO_INFER)
        (element,) = arguments
        if element.name in PACKED:
            # As above: a list of one exact type is taken as it is.
            if not {INFERRED.get(kind) for kind in set(map(type, value))} <= {element}:
                value = [self.build(each, element, level + 1).value for each in value]
            return self.ivalue(PACKED[element.name], value)
        elements = tuple(self.build(each, element, level + 1) for each in value)
        return self.ivalue("list_value", GenericList(str(annotation), elements))

    def dict(self, value: Any, arguments: Arguments, level: int) -> IValue:
        """Make a dict."""
        annotation = Annotation("Dict", arguments)
        if not isinstance(value, dict):
            raise _mismatch(value, annotation)
        if not annotation.known:
            raise EncodeError(NO_TYPE_TO_INFER)
        entries = tuple(
            (self.build(key, arguments[0], level + 1), self.build(item, arguments[1], level + 1))
            for key, item in value.items()
        )
        return self.ivalue("dict_value", GenericDict(str(annotation), entries))

    def tuple(self, value: Any, arguments: Arguments, level: int) -> IValue:
        """Make a tuple."""
        if not isinstance(value, tuple) or len(value) != len(arguments):
            raise _mismatch(value, Annotation("Tuple", arguments))
        pairs = zip(value, arguments, strict=True)
        elements = tuple(self.build(each, part, level + 1) for each, part in pairs)
        return self.ivalue("tuple_value", elements)

    def union(self, value: Any, arguments: Arguments, level: int) -> IValue:
        """Make an IValue of the type in `arguments` that fits.

        One that fits exactly goes before one that an int, say, could become.
        """
        try:
            exact = infer(value, level + 1)
        except EncodeError:  # an empty list has no type of its own
            exact = UNKNOWN
        unfit: EncodeError | None = None
        for annotation in sorted(arguments, key=lambda each: each != exact):
            try:
                return self.build(value, annotation, level + 1)
            except TypeError:  # noqa: PERF203 - that is how a type is found not to fit
                continue
            except EncodeError as error:
                unfit = unfit or error
        if unfit:
            raise unfit
        raise _mismatch(value, Annotation("Union", arguments))

    def optional(self, value: Any, arguments: Arguments, level: int) -> IValue:
        """Make None, or a value of the type in `arguments`."""
        return self.union(value, (NONE, *arguments), level)

    def any(self, value: Any, _: Arguments, level: int) -> IValue:
        """Make an IValue of the type that `value` itself has."""
        return self.build(value, infer(value, level + 1), level + 1)


Build = Callable[[Builder, Any, Arguments, int], "IValue"]
CONTAINERS: dict[str, Build] = {
    "List": Builder.list,
    "Dict": Builder.dict,
    "Tuple": Builder.tuple,
}
# Types that leave it to the value which one it is of.
CHOICES: dict[str, Build] = {
    "Union": Builder.union,
    "Optional": Builder.optional,
    "Any": Builder.any,
}


def _parse_given(text: str) -> Annotation:
    try:
        return parse(text)
    except EncodeError:  # the type came from a sender, and is not ours to judge
        return Annotation(text)


def _check_level(level: int) -> None:
    if level > MAX_DEPTH:
        raise EncodeError(f"expected at most {MAX_DEPTH} levels of nesting, got more")


def _mismatch(value: Any, annotation: Annotation) -> TypeError:
    problem = f"expected {annotation}, got {type(value).__qualname__}: {short_repr(value)}"
    return TypeError(shown(problem))
