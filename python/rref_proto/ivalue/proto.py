"""IValues into the generated message IValue and back. Tensors go into a table, by their index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..errors import DecodeError, RRefProtoError
from ..ids import ForkId, RRefId
from ..tensor import Device, Tensor
from .value import EnumHolder, GenericDict, GenericList, IValue, RRefForkData, ScriptObject

# Where each tensor of a message stands in its table, by the identity of the Tensor.
Indices = dict[int, int]
Tensors = Sequence[Tensor]


def children_of(ivalue: IValue) -> Iterable[IValue]:
    """Give the values directly inside `ivalue`, in the order in which they are written."""
    value = ivalue.value
    if ivalue.kind == "tuple_value":
        return tuple(value)
    if ivalue.kind == "list_value":
        return tuple(value.elements)
    if ivalue.kind == "dict_value":
        return [each for entry in value.entries for each in entry]
    if ivalue.kind == "object_value":
        return [value.state] if value.state else [attribute for _, attribute in value.attributes]
    return [value.value] if ivalue.kind == "enum_value" else ()


def collect_tensors(values: Iterable[IValue]) -> tuple[Tensor, ...]:
    """Give each Tensor inside `values` once, in the order in which they are met.

    A value that stands in several places is visited once, so that a small value with many
    references takes no long time.
    """
    tensors: dict[int, Tensor] = {}
    visited: set[int] = set()

    def visit(ivalue: IValue) -> None:
        if ivalue.kind == "tensor_value":
            tensors.setdefault(id(ivalue.value), ivalue.value)
        elif ivalue.kind == "tensor_list":
            for tensor in ivalue.value:
                tensors.setdefault(id(tensor), tensor)
        elif id(ivalue) not in visited:
            visited.add(id(ivalue))
            for child in children_of(ivalue):
                visit(child)

    for value in values:
        visit(value)
    return tuple(tensors.values())


def write_values(proto: Any, values: Iterable[IValue], indices: Indices) -> None:
    """Append `values` to `proto`, a repeated field of generated IValues."""
    for value in values:
        _write(proto.add(), value, indices)


def _write(proto: Any, ivalue: IValue, indices: Indices) -> None:
    CODECS[ivalue.kind].write(proto, ivalue.value, indices)


def _write_tensor(proto: Any, value: Tensor, indices: Indices) -> None:
    proto.tensor_index = indices[id(value)]


def _write_tensor_list(proto: Any, value: tuple[Tensor, ...], indices: Indices) -> None:
    proto.tensor_list.SetInParent()
    proto.tensor_list.tensor_indices.extend(indices[id(tensor)] for tensor in value)


def _write_complex(proto: Any, value: complex, _: Indices) -> None:
    proto.complex_value.SetInParent()
    proto.complex_value.real = value.real
    proto.complex_value.imag = value.imag


def _write_tuple(proto: Any, value: tuple[IValue, ...], indices: Indices) -> None:
    proto.tuple_value.SetInParent()
    write_values(proto.tuple_value.elements, value, indices)


def _write_list(proto: Any, value: GenericList, indices: Indices) -> None:
    proto.list_value.type = value.type
    write_values(proto.list_value.elements, value.elements, indices)


def _write_dict(proto: Any, value: GenericDict, indices: Indices) -> None:
    proto.dict_value.type = value.type
    for key, item in value.entries:
        entry = proto.dict_value.entries.add()
        _write(entry.key, key, indices)
        _write(entry.value, item, indices)


def _write_object(proto: Any, value: ScriptObject, indices: Indices) -> None:
    proto.object_value.type = value.type
    for name, item in value.attributes:
        attribute = proto.object_value.attributes.add(name=name)
        _write(attribute.value, item, indices)
    if value.state is not None:
        _write(proto.object_value.state, value.state, indices)


def _write_enum(proto: Any, value: EnumHolder, indices: Indices) -> None:
    proto.enum_value.type = value.type
    _write(proto.enum_value.value, value.value, indices)


def _write_rref(proto: Any, value: RRefForkData, _: Indices) -> None:
    rref = proto.rref_value
    rref.owner_id, rref.parent, rref.type_str = value.owner_id, value.parent, value.type_str
    value.rref_id._write(rref.rref_id)
    value.fork_id._write(rref.fork_id)


def read_values(protos: Iterable[Any], tensors: Tensors, field: str) -> tuple[IValue, ...]:
    """Read the repeated field `field` of generated IValues; `tensors` is the message's table.

    Raises RRefProtoError with the path to the value that is invalid.
    """
    values: list[IValue] = []
    try:
        for proto in protos:
            values.append(_read(proto, tensors))  # noqa: PERF401 - its length says where
    except RRefProtoError as error:
        raise error.within(f"{field}[{len(values)}]") from None
    return tuple(values)


def _read(proto: Any, tensors: Tensors) -> IValue:
    field = proto.WhichOneof("kind")
    if field is None:
        raise DecodeError("expected a value of a kind that this version knows, found none")
    kind = KIND_OF_FIELD[field]
    try:
        return IValue(kind, CODECS[kind].read(getattr(proto, field), tensors))
    except RRefProtoError as error:
        raise error.within(field) from None


def _read_required(proto: Any, field: str, tensors: Tensors) -> IValue:
    if not proto.HasField(field):
        raise DecodeError("expected an IValue, found none", field)
    try:
        return _read(getattr(proto, field), tensors)
    except RRefProtoError as error:
        raise error.within(field) from None


def _read_tensor(index: int, tensors: Tensors) -> Tensor:
    if index >= len(tensors):
        raise DecodeError(f"expected an index into {len(tensors)} tensors, got {index}")
    return tensors[index]


def _read_tensor_list(proto: Any, tensors: Tensors) -> tuple[Tensor, ...]:
    return tuple(_read_tensor(index, tensors) for index in proto.tensor_indices)


def _read_tuple(proto: Any, tensors: Tensors) -> tuple[IValue, ...]:
    return read_values(proto.elements, tensors, "elements")


def _read_list(proto: Any, tensors: Tensors) -> GenericList:
    return GenericList(proto.type, read_values(proto.elements, tensors, "elements"))


def _read_dict(proto: Any, tensors: Tensors) -> GenericDict:
    entries: list[tuple[IValue, IValue]] = []
    try:
        for entry in proto.entries:
            pair = [_read_required(entry, field, tensors) for field in ("key", "value")]
            entries.append((pair[0], pair[1]))
    except RRefProtoError as error:
        raise error.within(f"entries[{len(entries)}]") from None
    return GenericDict(proto.type, tuple(entries))


def _read_object(proto: Any, tensors: Tensors) -> ScriptObject:
    attributes: list[tuple[str, IValue]] = []
    try:
        for attribute in proto.attributes:
            value = _read_required(attribute, "value", tensors)
            attributes.append((attribute.name, value))
    except RRefProtoError as error:
        raise error.within(f"attributes[{len(attributes)}]") from None
    state = _read_required(proto, "state", tensors) if proto.HasField("state") else None
    return ScriptObject(proto.type, tuple(attributes), state)


def _read_enum(proto: Any, tensors: Tensors) -> EnumHolder:
    return EnumHolder(proto.type, _read_required(proto, "value", tensors))


def _read_rref(proto: Any, _: Tensors) -> RRefForkData:
    rref_id, fork_id = RRefId._read(proto, "rref_id"), ForkId._read(proto, "fork_id")
    return RRefForkData(proto.owner_id, rref_id, fork_id, proto.parent, proto.type_str)


class Codec(NamedTuple):
    """How one kind of IValue stands in the generated message."""

    # The field of the oneof that holds it.
    field: str
    write: Callable[[Any, Any, Indices], None]
    read: Callable[[Any, Tensors], Any]


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


CODECS: dict[str, Codec] = {
    "none_value": Codec(
        "none_value", lambda proto, *_: proto.none_value.SetInParent(), lambda *_: None
    ),
    "tensor_value": Codec("tensor_index", _write_tensor, _read_tensor),
    "double_value": _scalar("double_value"),
    "complex_value": Codec(
        "complex_value", _write_complex, lambda proto, _: complex(proto.real, proto.imag)
    ),
    "int_value": _scalar("int_value"),
    "bool_value": _scalar("bool_value"),
    "string_value": _scalar("string_value"),
    "bytes_value": _scalar("bytes_value"),
    "tuple_value": Codec("tuple_value", _write_tuple, _read_tuple),
    "int_list": _packed("int_list"),
    "double_list": _packed("double_list"),
    "bool_list": _packed("bool_list"),
    "tensor_list": Codec("tensor_list", _write_tensor_list, _read_tensor_list),
    "list_value": Codec("list_value", _write_list, _read_list),
    "dict_value": Codec("dict_value", _write_dict, _read_dict),
    "device_value": Codec(
        "device_value",
        lambda proto, value, _: proto.device_value.CopyFrom(value._proto()),
        lambda proto, _: Device._read(proto),
    ),
    "object_value": Codec("object_value", _write_object, _read_object),
    "enum_value": Codec("enum_value", _write_enum, _read_enum),
    "rref_value": Codec("rref_value", _write_rref, _read_rref),
}
KIND_OF_FIELD = {codec.field: kind for kind, codec in CODECS.items()}
