"""The captured messages of tests/data, as values of the library.

The values are made from the fields that libtorch itself read. The library's readers are not used.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import rref_proto
from rref_proto import (
    Device,
    EnumHolder,
    ForkId,
    GenericDict,
    GenericList,
    IValue,
    Operator,
    RemoteException,
    RpcCommandBase,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptObject,
    ScriptResp,
    SerializedPyObj,
    Tensor,
)

DATA = Path(__file__).parent / "data"
Tensors = Sequence[Tensor]


class Row(NamedTuple):
    """One line of messages.jsonl or calls.jsonl."""

    type: int
    payload: bytes
    tensors: tuple[Tensor, ...]
    command: RpcCommandBase
    made_by: str


class CallRow(NamedTuple):
    """One line of calls.jsonl. data/README.md says what the names mean."""

    row: Row
    value_held: bool
    rref_held: bool


class MalformedCall(NamedTuple):
    """One line of calls-malformed.jsonl."""

    case: str
    type: int
    payload: bytes
    taken: bool


def _double(bits: str) -> float:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    return float(number)


def _object(fields: Any, tensors: Tensors) -> IValue:
    attributes = tuple((name, ivalue(value, tensors)) for name, value in fields["attributes"])
    return IValue("object_value", ScriptObject(fields["type"], attributes))


def _rref(fields: Any, _: Tensors) -> IValue:
    ids = RRefId(**fields["rref_id"]), ForkId(**fields["fork_id"])
    return IValue(
        "rref_value",
        RRefForkData(fields["owner_id"], *ids, fields["parent"], fields["type_str"]),
    )


def _list(fields: Any, tensors: Tensors) -> IValue:
    elements = tuple(ivalue(element, tensors) for element in fields["elements"])
    return IValue("list_value", GenericList(fields["type"], elements))


def _dict(fields: Any, tensors: Tensors) -> IValue:
    entries = tuple((ivalue(k, tensors), ivalue(v, tensors)) for k, v in fields["entries"])
    return IValue("dict_value", GenericDict(fields["type"], entries))


VALUES: dict[str, Callable[[Any, Tensors], IValue]] = {
    "none": lambda *_: IValue("none_value"),
    "bool": lambda value, _: IValue("bool_value", value),
    "int": lambda value, _: IValue("int_value", value),
    "double": lambda value, _: IValue("double_value", _double(value)),
    "complex": lambda value, _: IValue("complex_value", complex(*map(_double, value))),
    "str": lambda value, _: IValue("string_value", value),
    "bytes": lambda value, _: IValue("bytes_value", bytes.fromhex(value)),
    "device": lambda value, _: IValue("device_value", Device.parse(value)),
    "tensor": lambda value, tensors: IValue("tensor_value", tensors[value]),
    "tuple": lambda value, tensors: IValue("tuple_value", [ivalue(v, tensors) for v in value]),
    "int_list": lambda value, _: IValue("int_list", value),
    "double_list": lambda value, _: IValue("double_list", map(_double, value)),
    "bool_list": lambda value, _: IValue("bool_list", value),
    "tensor_list": lambda value, tensors: IValue("tensor_list", [tensors[v] for v in value]),
    "list": _list,
    "dict": _dict,
    "object": _object,
    "enum": lambda value, tensors: IValue(
        "enum_value", EnumHolder(value["type"], ivalue(value["value"], tensors))
    ),
    "rref": _rref,
}


def ivalue(fields: dict[str, Any], tensors: Tensors) -> IValue:
    """Make the IValue that an object with one key describes."""
    ((kind, value),) = fields.items()
    return VALUES[kind](value, tensors)


def _tensor(fields: dict[str, Any]) -> Tensor:
    data, grad = bytes.fromhex(fields["data"]), fields.get("requires_grad", False)
    return Tensor(ScalarType[fields["dtype"]], fields["sizes"], data, grad)


def _row(row: Any) -> Row:
    tensors = tuple(map(_tensor, row["tensors"]))
    made_by = row["fields"].pop("made_by", "")
    row["fields"].pop("declared", None)
    fields: dict[str, Any] = {}
    for name, value in row["fields"].items():
        if name == "values":
            fields[name] = tuple(ivalue(each, tensors) for each in value)
        elif name in {"rref_id", "fork_id"}:
            fields[name] = (RRefId if name == "rref_id" else ForkId)(**value)
        else:
            fields[name] = value
    command = getattr(rref_proto, row["message"])(**fields)
    payload = bytes.fromhex(row["payload"])
    return Row(row["type"], payload, tensors, command, made_by)


def rows() -> list[Row]:
    """Return all lines of messages.jsonl."""
    return [_row(line) for line in _lines("messages.jsonl")]


def _operator(fields: Any) -> Operator:
    return Operator(fields["schema"], f"torch.ops.aten.{fields['name'].removeprefix('aten::')}")


def _python_object(fields: Any, tensors: Tensors) -> SerializedPyObj:
    used = tuple(tensors[index] for index in fields["tensors"])
    return SerializedPyObj(bytes.fromhex(fields["payload"]), used)


def _stack(line: Any, tensors: Tensors) -> list[IValue]:
    stack = [ivalue(each, tensors) for each in line["fields"]["stack"]]
    for first, *others in line.get("same_object", []):
        for other in others:
            stack[other] = stack[first]
    return stack


def _exception(fields: Any) -> RemoteException:
    return RemoteException(fields["str"] if "str" in fields else bytes.fromhex(fields["bytes"]))


def _call(line: Any, tensors: Tensors) -> RpcCommandBase:
    """Make the object that the fields of a line of calls.jsonl describe."""
    fields = line["fields"]
    if line["message"] == "Exception":
        return _exception(fields["exception"])
    if line["message"] == "ScriptResp":
        return ScriptResp(ivalue(fields["value"], tensors))
    ids: list[Any] = []
    if "ret_rref_id" in fields:
        ids = [RRefId(**fields["ret_rref_id"]), ForkId(**fields["ret_fork_id"])]
    flag = [fields["is_async_execution"]] if "is_async_execution" in fields else []
    if "serialized_py_obj" in fields:
        first: list[Any] = [_python_object(fields["serialized_py_obj"], tensors)]
    else:
        operator = fields.get("operator")
        callee = _operator(operator) if operator else fields["qualified_name"]
        first = [callee, _stack(line, tensors)]
    command: RpcCommandBase = getattr(rref_proto, line["message"])(*first, *ids, *flag)
    return command


def call_rows() -> list[CallRow]:
    """Return all lines of calls.jsonl."""
    found: list[CallRow] = []
    for line in _lines("calls.jsonl"):
        tensors = tuple(map(_tensor, line["tensors"]))
        payload = bytes.fromhex(line["payload"])
        made_by = line.get("made_by", "")
        row = Row(line["type"], payload, tensors, _call(line, tensors), made_by)
        found.append(CallRow(row, line.get("value_held", True), line.get("rref_held", True)))
    return found


def malformed_calls() -> list[MalformedCall]:
    """Return all lines of calls-malformed.jsonl."""
    return [
        MalformedCall(
            line["case"],
            line["type"],
            bytes.fromhex(line["payload"]),
            line["libtorch"] == "takes",
        )
        for line in _lines("calls-malformed.jsonl")
    ]


def _lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def seeds() -> list[bytes]:
    """Return the wire bytes of all captured messages. Tests change them to make hostile bytes."""
    captured = rows() + [each.row for each in call_rows()]
    return sorted({row.command.toMessage().with_id(7).SerializeToString() for row in captured})
