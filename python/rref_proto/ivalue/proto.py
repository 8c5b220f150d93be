"""IValues into the generated message IValue and back. Tensors go into a table, by their index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..errors import DecodeError, RRefProtoError
from ..ids import ForkId, RRefId, read_required_id
from ..tensor import Device, Tensor
from .base import Kind
from .containers import EnumHolder, GenericDict, GenericList, RRefForkData, ScriptObject
from .value import IValue

# Where each tensor of a message is in its table, by the identity of the Tensor.
Indices = dict[int, int]
Tensors = Sequence[Tensor]


def values_to_proto(proto: Any, values: Iterable[IValue], indices: Indices) -> None:
    """Append `values` to `proto`, a repeated field of generated IValues."""
    for value in values:
        value_to_proto(proto.add(), value, indices)


def value_to_proto(proto: Any, ivalue: IValue, indices: Indices) -> None:
    """Set `proto`, a new generated IValue, to `ivalue`; `indices` has all tensors in it."""
    CODECS[ivalue.kind].to_proto(proto, ivalue.value, indices)


def _tensor_to_proto(proto: Any, value: Tensor, indices: Indices) -> None:
    proto.tensor_index = indices[id(value)]


def _tensor_list_to_proto(proto: Any, value: tuple[Tensor, ...], indices: Indices) -> None:
    proto.tensor_list.SetInParent()
    proto.tensor_list.tensor_indices.extend(indices[id(tensor)] for tensor in value)


def _complex_to_proto(proto: Any, value: complex, _: Indices) -> None:
    proto.complex_value.SetInParent()
    proto.complex_value.real = value.real
    proto.complex_value.imag = value.imag


def _tuple_to_proto(proto: Any, value: tuple[IValue, ...], indices: Indices) -> None:
    proto.tuple_value.SetInParent()
    values_to_proto(proto.tuple_value.elements, value, indices)


def _list_to_proto(proto: Any, value: GenericList, indices: Indices) -> None:
    proto.list_value.type = value.type
    values_to_proto(proto.list_value.elements, value.elements, indices)


def _dict_to_proto(proto: Any, value: GenericDict, indices: Indices) -> None:
    proto.dict_value.type = value.type
    for key, item in value.entries:
        entry = proto.dict_value.entries.add()
        value_to_proto(entry.key, key, indices)
        value_to_proto(entry.value, item, indices)


def _object_to_proto(proto: Any, value: ScriptObject, indices: Indices) -> None:
    proto.object_value.type = value.type
    for name, item in value.attributes:
        attribute = proto.object_value.attributes.add(name=name)
        value_to_proto(attribute.value, item, indices)
    if value.state is not None:
        value_to_proto(proto.object_value.state, value.state, indices)


def _enum_to_proto(proto: Any, value: EnumHolder, indices: Indices) -> None:
    proto.enum_value.type = value.type
    value_to_proto(proto.enum_value.value, value.value, indices)


def _rref_to_proto(proto: Any, value: RRefForkData, _: Indices) -> None:
    rref = proto.rref_value
    rref.owner_id, rref.parent, rref.type_str = value.owner_id, value.parent, value.type_str
    value.rref_id._to_proto(rref.rref_id)
    value.fork_id._to_proto(rref.fork_id)


def values_from_proto(protos: Iterable[Any], tensors: Tensors, field: str) -> tuple[IValue, ...]:
    """Read the repeated field `field` of generated IValues; `tensors` is the message's table.

    Raises RRefProtoError with the path to the value that is invalid.
    """
    values: list[IValue] = []
    try:
        for proto in protos:
            values.append(_from_proto(proto, tensors))  # noqa: PERF401 - its length says where
    except RRefProtoError as error:
        raise error.within(f"{field}[{len(values)}]") from None
    return tuple(values)


def _from_proto(proto: Any, tensors: Tensors) -> IValue:
    field = proto.WhichOneof("kind")
    if field is None:
        raise DecodeError("expected a value of a kind that this version knows, found none")
    kind = KIND_OF_FIELD[field]
    try:
        return IValue(kind, CODECS[kind].from_proto(getattr(proto, field), tensors))
    except RRefProtoError as error:
        raise error.within(field) from None


def value_from_proto(parent: Any, field: str, tensors: Tensors) -> IValue:
    """Read the required field `field`, an IValue, of the generated message `parent`.

    Raises RRefProtoError with the path to the value that is missing or invalid.
    """
    if not parent.HasField(field):
        raise DecodeError("expected an IValue, found none", field)
    try:
        return _from_proto(getattr(parent, field), tensors)
    except RRefProtoError as error:
        raise error.within(field) from None


def _tensor_from_proto(index: int, tensors: Tensors) -> Tensor:
    if index >= len(tensors):
        raise DecodeError(f"expected an index into {len(tensors)} tensors, got {index}")
    return tensors[index]


def _tensor_list_from_proto(proto: Any, tensors: Tensors) -> tuple[Tensor, ...]:
    return tuple(_tensor_from_proto(index, tensors) for index in proto.tensor_indices)


def _tuple_from_proto(proto: Any, tensors: Tensors) -> tuple[IValue, ...]:
    return values_from_proto(proto.elements, tensors, "elements")


def _list_from_proto(proto: Any, tensors: Tensors) -> GenericList:
    return GenericList(proto.type, values_from_proto(proto.elements, tensors, "elements"))


def _dict_from_proto(proto: Any, tensors: Tensors) -> GenericDict:
    entries: list[tuple[IValue, IValue]] = []
    try:
        for entry in proto.entries:
            pair = [value_from_proto(entry, field, tensors) for field in ("key", "value")]
            entries.append((pair[0], pair[1]))
    except RRefProtoError as error:
        raise error.within(f"entries[{len(entries)}]") from None
    return GenericDict(proto.type, tuple(entries))


def _object_from_proto(proto: Any, tensors: Tensors) -> ScriptObject:
    attributes: list[tuple[str, IValue]] = []
    try:
        for attribute in proto.attributes:
            value = value_from_proto(attribute, "value", tensors)
            attributes.append((attribute.name, value))
    except RRefProtoError as error:
        raise error.within(f"attributes[{len(attributes)}]") from None
    state = value_from_proto(proto, "state", tensors) if proto.HasField("state") else None
    return ScriptObject(proto.type, tuple(attributes), state)


def _enum_from_proto(proto: Any, tensors: Tensors) -> EnumHolder:
    return EnumHolder(proto.type, value_from_proto(proto, "value", tensors))


def _rref_from_proto(proto: Any, _: Tensors) -> RRefForkData:
    rref_id = read_required_id(RRefId, proto, "rref_id")
    fork_id = read_required_id(ForkId, proto, "fork_id")
    return RRefForkData(proto.owner_id, rref_id, fork_id, proto.parent, proto.type_str)


class Codec(NamedTuple):
    """How the values of one kind are in the generated message."""

    # The field of the oneof that holds it.
    field: str
    to_proto: Callable[[Any, Any, Indices], None]
    from_proto: Callable[[Any, Tensors], Any]


def _scalar(field: str) -> Codec:
    return Codec(
        field, lambda proto, value, _: setattr(proto, field, value), lambda value, _: value
    )


def _packed(field: str) -> Codec:
    def write(proto: Any, value: Any, _: Indices) -> None:
        packed = getattr(proto, field)
        packed.SetInParent()
        packed.values.extend(value)

    return Codec(field, write, lambda proto, _: tuple(proto.values))


CODECS: dict[Kind, Codec] = {
    "none_value": Codec(
        "none_value", lambda proto, *_: proto.none_value.SetInParent(), lambda *_: None
    ),
    "tensor_value": Codec("tensor_index", _tensor_to_proto, _tensor_from_proto),
    "double_value": _scalar("double_value"),
    "complex_value": Codec(
        "complex_value", _complex_to_proto, lambda proto, _: complex(proto.real, proto.imag)
    ),
    "int_value": _scalar("int_value"),
    "bool_value": _scalar("bool_value"),
    "string_value": _scalar("string_value"),
    "bytes_value": _scalar("bytes_value"),
    "tuple_value": Codec("tuple_value", _tuple_to_proto, _tuple_from_proto),
    "int_list": _packed("int_list"),
    "double_list": _packed("double_list"),
    "bool_list": _packed("bool_list"),
    "tensor_list": Codec("tensor_list", _tensor_list_to_proto, _tensor_list_from_proto),
    "list_value": Codec("list_value", _list_to_proto, _list_from_proto),
    "dict_value": Codec("dict_value", _dict_to_proto, _dict_from_proto),
    "device_value": Codec(
        "device_value",
        lambda proto, value, _: value._to_proto(proto.device_value),
        lambda proto, _: Device._from_proto(proto),
    ),
    "object_value": Codec("object_value", _object_to_proto, _object_from_proto),
    "enum_value": Codec("enum_value", _enum_to_proto, _enum_from_proto),
    "rref_value": Codec("rref_value", _rref_to_proto, _rref_from_proto),
}
KIND_OF_FIELD = {codec.field: kind for kind, codec in CODECS.items()}
