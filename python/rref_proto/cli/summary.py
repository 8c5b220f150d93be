"""What a message says, in a few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from ..errors import RRefProtoError
from ..message import Message
from ..message_type import MessageType
from ..passing import Created, created_by
from ..python_object import SerializedPyObj
from ..recording import EventKind, RecordedEvent, RecordedMessage
from ..rpc_command import CLASS_OF_TYPE, RpcCommandBase, fromMessage
from ..rref import PythonRRefFetchRet, ScriptRRefFetchRet
from .names import counted, pair
from .values import describe_python, describe_text, describe_value, short, some_of

SCRIPT_CALLS = frozenset({MessageType.SCRIPT_CALL, MessageType.SCRIPT_REMOTE_CALL})
# By what it is called when it is shown, the fields that have an identifier: a message has one.
ID_FIELDS = {"rref": ("rref_id", "ret_rref_id"), "fork": ("fork_id", "ret_fork_id")}


class Summary(NamedTuple):
    """The name of a message and what it says, in short; and the object that it holds, if any."""

    name: str
    said: str
    command: RpcCommandBase | None = None


def summary_of(record: RecordedMessage) -> Summary:
    """Describe a message, also one that is invalid or has lost its values."""
    if record.native_message is not None:
        native = record.native_message
        return Summary("unreadable", f"type {native.type:#x}, {len(native.payload)} bytes kept")
    try:
        if record.omitted_values:
            said = f"{_describe_rest(record.message)} {_describe_omitted(record)}".strip()
            return Summary(_class_name(record.message), said)
        command = fromMessage(record.message)
        return Summary(type(command).__name__, _describe(command), command)
    except RRefProtoError as error:
        return Summary(_class_name(record.message), f"invalid: {error}")


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
    ids, content = _describe_ids(command), _describe_content(command)
    return f"{ids} {content}" if ids and content else ids or content


def _describe_rest(message: Message) -> str:
    """Return the ids and the callee of a message whose values were left out."""
    created = created_by(message)
    ids = "" if created is None else _describe_ids(created)
    call = fromMessage(message) if message.type in SCRIPT_CALLS else None
    return f"{ids} {_callee(call)}".strip() if isinstance(call, ScriptCall) else ids


def _describe_omitted(record: RecordedMessage) -> str:
    values = (f"{short(value.type)} of {value.byte_size} B" for value in record.omitted_values)
    passed = (f"fork {pair(rref.fork_id)} passed on" for rref in record.passed_rrefs)
    return f"omitted: {', '.join(filter(None, [some_of(values), some_of(passed)]))}"


def _id_fields(cls: type) -> list[tuple[str, str]]:
    """Return the fields of a class that have an identifier, each after what it is called."""
    return [
        (label, field)
        for label, fields in ID_FIELDS.items()
        for field in fields
        if hasattr(cls, field)
    ]


ID_FIELDS_OF = {cls: _id_fields(cls) for cls in (*CLASS_OF_TYPE.values(), Created)}


def _describe_ids(command: RpcCommandBase | Created) -> str:
    fields = ID_FIELDS_OF.get(type(command), ())
    return " ".join([f"{label} {pair(getattr(command, field))}" for label, field in fields])


def _describe_content(command: RpcCommandBase) -> str:
    describe = CONTENT.get(command.message_type)
    return describe(command) if describe else ""


def _describe_call(call: ScriptCall) -> str:
    """Return the name of what is called, and how many arguments it gets."""
    return f"{_callee(call)} of {counted(len(call.stack()), 'value')}"


def _callee(call: ScriptCall) -> str:
    return short(call.op().schema.partition("(")[0] if call.hasOp() else call.qualifiedName())


CONTENT: dict[MessageType, Callable[[Any], str]] = {
    ScriptCall.message_type: _describe_call,
    ScriptRemoteCall.message_type: _describe_call,
    ScriptResp.message_type: lambda resp: describe_value(resp.value()),
    ScriptRRefFetchRet.message_type: lambda ret: describe_value(ret.values()[0]),
    PythonCall.message_type: lambda call: describe_python(call.serialized_py_obj),
    PythonRemoteCall.message_type: lambda call: describe_python(call.serialized_py_obj),
    PythonResp.message_type: lambda resp: describe_python(resp.serialized_py_obj),
    PythonRRefFetchRet.message_type: lambda ret: describe_python(
        SerializedPyObj.fromIValues(ret.values())
    ),
    RemoteException.message_type: lambda exception: describe_text(exception.what),
}
