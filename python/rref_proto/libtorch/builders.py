"""What libtorch's payloads call: the globals of REDUCE, and the classes of NEWOBJ and BUILD.

Nothing is imported or called by its name. A global is one of BUILDERS, or the name of a TorchScript
class, which stays a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .._text import short_repr
from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import (
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    Kind,
    RRefForkData,
    ScriptObject,
)
from ..tensor import Device, Tensor
from .opcodes import (
    BUILD_BOOLLIST,
    BUILD_DOUBLELIST,
    BUILD_INTLIST,
    BUILD_TENSOR,
    BUILD_TENSORLIST,
    COMPLEX,
    DEVICE,
    RESTORE_TYPE_TAG,
    RREF,
    Global,
)


class ClassName(NamedTuple):
    """What a GLOBAL opcode names, where it is a TorchScript class or enum."""

    name: str


class Instance(NamedTuple):
    """An object that NEWOBJ has made and BUILD has not filled."""

    type: str


class Arguments(NamedTuple):
    """The items of a tuple that does not become an IValue.

    It is the argument of REDUCE, around a list or dict without a type; or the outermost tuple.
    """

    items: tuple[Any, ...]


class TensorTable:
    """The tensors beside a payload. All references to one row are one IValue."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors = tensors
        self._rows: dict[int, IValue] = {}

    def __getitem__(self, index: Any) -> IValue:
        if type(index) is not int or not 0 <= index < len(self._tensors):
            raise DecodeError(
                f"expected an index into {len(self._tensors)} tensors, got {described(index)}"
            )
        if index not in self._rows:
            self._rows[index] = IValue("tensor_value", self._tensors[index])
        return self._rows[index]


KIND_OF_PYTHON: dict[type, Kind] = {
    type(None): "none_value",
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
    str: "string_value",
    bytes: "bytes_value",
}


def as_ivalue(value: Any) -> IValue:
    """Return a value of the stack as an IValue. Raises DecodeError for what is not one yet."""
    if isinstance(value, IValue):
        return value
    kind = KIND_OF_PYTHON.get(type(value))
    if kind is None:
        raise DecodeError(f"expected a value, got {described(value)}")
    return IValue(kind, value)


def arguments_of(value: Any) -> tuple[Any, ...]:
    """Return the items of an argument tuple as they were on the stack."""
    if isinstance(value, Arguments):
        return value.items
    if not isinstance(value, IValue) or value.kind != "tuple_value":
        raise DecodeError(f"expected a tuple of arguments, got {described(value)}")
    plain = KIND_OF_PYTHON.values()
    return tuple(each.value if each.kind in plain else each for each in value.value)


def text_of(value: Any) -> str:
    """Return a value of the stack that must be text."""
    if not isinstance(value, str):
        raise DecodeError(f"expected text in UTF-8, got {described(value)}")
    return value


def described(value: Any) -> str:
    """Say what a value of the stack is, in few words."""
    if isinstance(value, IValue):
        return f"a value of kind {value.kind}"
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} without a type"
    if isinstance(value, Arguments):
        return f"a tuple of {len(value.items)} arguments"
    return short_repr(value)


def call_global(found: Any, arguments: Any, tensors: TensorTable) -> IValue:
    """Return what REDUCE makes of a global and its arguments."""
    if isinstance(found, ClassName):
        return IValue("enum_value", EnumHolder(found.name, as_ivalue(arguments)))
    if not isinstance(found, Global):
        raise DecodeError(f"expected a global to call, got {described(found)}")
    length, build = BUILDERS[found]
    items = arguments_of(arguments)
    if len(items) != length:
        raise DecodeError(f"expected {length} arguments of {found.name}, got {len(items)}")
    return build(tensors, *items)


def fill_instance(instance: Any, state: Any) -> IValue:
    """Return what BUILD makes of a new object and its attributes, or its own state."""
    if not isinstance(instance, Instance):
        raise DecodeError(f"expected a new object, got {described(instance)}")
    if not isinstance(state, dict):
        return IValue("object_value", ScriptObject(instance.type, (), as_ivalue(state)))
    attributes = tuple((text_of(name), as_ivalue(value)) for name, value in state.values())
    return IValue("object_value", ScriptObject(instance.type, attributes))


def _packed(kind: Kind) -> Callable[[TensorTable, Any], IValue]:
    """Return the builder of one of TorchScript's packed lists."""

    def build(_: TensorTable, items: Any) -> IValue:
        if not isinstance(items, list):
            raise DecodeError(f"expected a list, got {described(items)}")
        values = [item.value if isinstance(item, IValue) else item for item in items]
        try:
            return IValue(kind, values)
        except TypeError as error:
            raise DecodeError(str(error)) from None

    return build


def _tagged(_: TensorTable, items: Any, annotation: Any) -> IValue:
    text = text_of(annotation)
    if isinstance(items, list):
        return IValue("list_value", GenericList(text, tuple(map(as_ivalue, items))))
    if isinstance(items, dict):
        entries = tuple((as_ivalue(key), as_ivalue(value)) for key, value in items.values())
        return IValue("dict_value", GenericDict(text, entries))
    raise DecodeError(f"expected a list or a dict, got {described(items)}")


def _complex(_: TensorTable, real: Any, imag: Any) -> IValue:
    if not (type(real) is float and type(imag) is float):
        raise DecodeError(f"expected two floats, got {described(real)}, {described(imag)}")
    return IValue("complex_value", complex(real, imag))


def _device(_: TensorTable, text: Any) -> IValue:
    return IValue("device_value", Device.parse(text_of(text)))


def _rref(_: TensorTable, *items: Any) -> IValue:
    *numbers, type_str = items
    for number in numbers:
        if type(number) is not int:
            raise DecodeError(f"expected an int, got {described(number)}")
    owner, rref_creator, rref_number, fork_creator, fork_number, parent = numbers
    rref_id, fork_id = RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    text = text_of(type_str)
    return IValue("rref_value", RRefForkData(owner, rref_id, fork_id, parent, text))


# What REDUCE calls: how many arguments it takes, and what makes a value of them.
BUILDERS: dict[Global, tuple[int, Callable[..., IValue]]] = {
    BUILD_TENSOR: (1, TensorTable.__getitem__),
    BUILD_INTLIST: (1, _packed("int_list")),
    BUILD_DOUBLELIST: (1, _packed("double_list")),
    BUILD_BOOLLIST: (1, _packed("bool_list")),
    BUILD_TENSORLIST: (1, _packed("tensor_list")),
    RESTORE_TYPE_TAG: (2, _tagged),
    COMPLEX: (2, _complex),
    DEVICE: (1, _device),
    RREF: (7, _rref),
}
