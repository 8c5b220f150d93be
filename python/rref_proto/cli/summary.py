"""What a message says, in a few words."""

from __future__ import annotations

from .. import libtorch
from ..call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptResp,
)
from ..errors import RRefProtoError
from ..ivalue import IValue
from ..message import Message
from ..message_type import MessageType
from ..passing import Created, created_by
from ..python_object import PythonRemoteException, PythonUDF, SerializedPyObj
from ..recording import EventKind, RecordedEvent, RecordedMessage
from ..rpc_command import CLASS_OF_TYPE, RpcCommandBase, fromMessage
from ..rref import PythonRRefFetchRet, ScriptRRefFetchRet
from ..tensor import Tensor
from .names import counted, pair

# In characters.
LONGEST_VALUE = 32
SCRIPT_CALLS = frozenset({MessageType.SCRIPT_CALL, MessageType.SCRIPT_REMOTE_CALL})
# By what it is called when it is shown, the fields that have an identifier: a message has one.
ID_FIELDS = {"rref": ("rref_id", "ret_rref_id"), "fork": ("fork_id", "ret_fork_id")}


def name_and_summary(record: RecordedMessage) -> tuple[str, str]:
    """Return the name of a message and what it says, in short."""
    if record.native_message is not None:
        native = record.native_message
        return "unreadable", f"type {native.type:#x}, {len(native.payload)} bytes kept"
    name = _class_name(record.message)
    try:
        if record.omitted_values:
            return name, f"{_describe_rest(record.message)} {_describe_omitted(record)}".strip()
        return name, _describe(fromMessage(record.message))
    except RRefProtoError as error:
        return name, f"invalid: {error}"


def event_summary(event: RecordedEvent) -> str:
    """Return what happened: "shutdown began", or the number of an event of a later version."""
    if isinstance(event.kind, EventKind):
        return event.kind.name.lower().replace("_", " ")
    return f"event {event.kind}, which this version does not know"


def _class_name(message: Message) -> str:
    cls = CLASS_OF_TYPE.get(message.type)
    return cls.__name__ if cls else message.type.name


def _describe(command: RpcCommandBase) -> str:
    """Return the ids and the value of a message."""
    return " ".join(filter(None, (_describe_ids(command), _describe_content(command))))


def _describe_rest(message: Message) -> str:
    """Return the ids and the callee of a message whose values were left out."""
    created = created_by(message)
    ids = "" if created is None else _describe_ids(created)
    call = fromMessage(message) if message.type in SCRIPT_CALLS else None
    return f"{ids} {_callee(call)}".strip() if isinstance(call, ScriptCall) else ids


def _describe_omitted(record: RecordedMessage) -> str:
    values = (f"{value.type} of {value.byte_size} B" for value in record.omitted_values)
    passed = "".join(f", fork {pair(rref.fork_id)} passed on" for rref in record.passed_rrefs)
    return f"omitted: {', '.join(values)}{passed}"


def _describe_ids(command: RpcCommandBase | Created) -> str:
    ids = (
        (label, getattr(command, field, None))
        for label, fields in ID_FIELDS.items()
        for field in fields
    )
    return " ".join(f"{label} {pair(each)}" for label, each in ids if each is not None)


def _describe_content(command: RpcCommandBase) -> str:
    match command:
        case PythonRRefFetchRet():
            return _describe_python(SerializedPyObj.fromIValues(command.values()))
        case ScriptRRefFetchRet():
            return _describe_value(command.values()[0])
        case ScriptCall():
            return _describe_call(command)
        case ScriptResp(value):
            return _describe_value(value)
        case PythonCall(python) | PythonRemoteCall(python) | PythonResp(python):
            return _describe_python(python)
        case RemoteException(what):
            return _shortened(repr(what))
    return ""


def _describe_call(call: ScriptCall) -> str:
    """Return the name of what is called, and how many arguments it gets."""
    return f"{_callee(call)} of {counted(len(call.stack()), 'value')}"


def _callee(call: ScriptCall) -> str:
    name = call.op().schema.partition("(")[0] if call.hasOp() else call.qualifiedName()
    return _shortened(name)


def _describe_python(python: SerializedPyObj) -> str:
    tensors = "".join(f", {_describe_tensor(tensor)}" for tensor in python.tensors)
    return f"{_name_in(python)}pickle of {len(python.payload)} bytes{tensors}"


def _name_in(python: SerializedPyObj) -> str:
    """Return the function or the error in a pickle, if it can be read without unpickling."""
    try:
        value = python.to_python()
    except RRefProtoError:
        return ""
    match value:
        case PythonUDF(name) | PythonRemoteException(_, name):
            # Its end tells more than its beginning, which is a package.
            return f"{name if len(name) <= LONGEST_VALUE else '...' + name[3 - LONGEST_VALUE :]}, "
    return ""


def _describe_value(value: IValue) -> str:
    if value.kind == "tensor_value":
        return _describe_tensor(value.value)
    if value.kind in {"string_value", "bytes_value"}:
        return _shortened(repr(value.value))
    if value.kind in {"tuple_value", "int_list", "double_list", "bool_list", "tensor_list"}:
        return _shortened(f"{value.type} of {len(value.value)}")
    if value.kind in {"list_value", "dict_value"}:
        parts = value.value.elements if value.kind == "list_value" else value.value.entries
        return _shortened(f"{value.type} of {len(parts)}")
    if value.kind in {"object_value", "enum_value", "rref_value"}:
        return _shortened(value.type)
    return _shortened(str(value.value))


def _describe_tensor(tensor: Tensor) -> str:
    where = "" if tensor.device.type == "cpu" else f" on {tensor.device}"
    return f"{tensor.dtype.name}{list(tensor.sizes)}{where}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def sizes_of(record: RecordedMessage) -> str:
    """Return the message's size as protobuf beside its size as libtorch's payload and tensors."""
    protobuf = sum(memoryview(part).nbytes for part in record.message.to_parts())
    if record.omitted_values:
        return f"{protobuf} B protobuf"
    try:
        native = record.native_message or libtorch.to_payload(record.message)
    except RRefProtoError:  # a message that is invalid
        return f"{protobuf} B protobuf"
    size = len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
    return f"{protobuf} B protobuf, {size} B libtorch"
