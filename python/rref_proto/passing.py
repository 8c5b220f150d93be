"""The values that messages carry, and the RRefs that are passed on inside them.

One table has a row for each class of messages with values. What a recording says of values that it
leaves out, and what the ledger learns of RRefs that are passed on, both go by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from .errors import RRefProtoError
from .ids import ForkId, RRefId, read_required_id
from .ivalue import IValue, RRefForkData
from .message import Message, received_proto
from .message_type import MessageType
from .python_object import SerializedPyObj
from .rpc_command import CLASS_OF_TYPE, RpcCommandBase, fromMessage
from .rref import PythonRRefFetchRet, ScriptRRefFetchRet
from .tensor import TensorTable

RRefs = tuple[RRefForkData, ...]
# Sets all fields of a new generated message but those of the values.
RestToProto = Callable[[Any, Any], None]


class Carrier(NamedTuple):
    """How the messages of one class carry values."""

    # Returns the values of an object of the class.
    values: Callable[[Any], Sequence[IValue]]
    # Returns the RRefs that an object of the class passes on, each of them once; None where they
    # are in a pickle that cannot be read.
    rrefs: Callable[[Any], RRefs | None]
    rest_to_proto: RestToProto


class Created(NamedTuple):
    """What a remote call creates: an RRef, and the fork that the creator holds."""

    rref_id: RRefId
    fork_id: ForkId


def rrefs_in(values: Iterable[IValue]) -> RRefs:
    """Return each RRef inside `values` once, in the order in which they are met."""
    return tuple(dict.fromkeys(rref for value in values for rref in value.rrefs()))


def rrefs_passed_by(message: Message) -> RRefs | None:
    """Return the RRefs that a message passes on, each of them once.

    None where they are in a pickle that cannot be read. Raises DecodeError as `fromMessage` does,
    for a message with values.
    """
    carrier = CARRIERS.get(message.type)
    return carrier.rrefs(fromMessage(message)) if carrier else ()


def created_by(message: Message) -> Created | None:
    """Return what a remote call creates, also where its values were left out.

    None for every other message. Raises DecodeError for identifiers that are missing or out of
    range.
    """
    if message.type not in REMOTE_CALLS:
        return None
    field = CLASS_OF_TYPE[message.type].body_field
    proto = received_proto(message)
    if proto is None:
        call: Any = fromMessage(message)
        return Created(call.ret_rref_id, call.ret_fork_id)
    body = getattr(proto, field)
    try:
        rref_id = read_required_id(RRefId, body, "ret_rref_id")
        return Created(rref_id, read_required_id(ForkId, body, "ret_fork_id"))
    except RRefProtoError as error:
        raise error.as_decode_error(field) from None


def _nothing_to_proto(command: RpcCommandBase, body: Any) -> None:
    """Set no field: the message has nothing but values."""


def _script_call_to_proto(call: ScriptCall, body: Any) -> None:
    ScriptCall(call.callee, (), call.is_async_execution)._to_proto(body, TensorTable())


def _script_remote_call_to_proto(call: ScriptRemoteCall, body: Any) -> None:
    _script_call_to_proto(call, body.call)
    _created_to_proto(call, body)


def _python_call_to_proto(call: PythonCall, body: Any) -> None:
    body.is_async_execution = call.is_async_execution


def _python_remote_call_to_proto(call: PythonRemoteCall, body: Any) -> None:
    body.is_async_execution = call.is_async_execution
    _created_to_proto(call, body)


def _created_to_proto(call: ScriptRemoteCall | PythonRemoteCall, body: Any) -> None:
    call.ret_rref_id._to_proto(body.ret_rref_id)
    call.ret_fork_id._to_proto(body.ret_fork_id)


def _script(
    values: Callable[[Any], Sequence[IValue]], rest_to_proto: RestToProto = _nothing_to_proto
) -> Carrier:
    """Make the row of a class that has IValues."""
    return Carrier(values, lambda command: rrefs_in(values(command)), rest_to_proto)


def _python(
    python_object: Callable[[Any], SerializedPyObj],
    rest_to_proto: RestToProto = _nothing_to_proto,
) -> Carrier:
    """Make the row of a class that has a Python object: tensors and a pickle."""
    return Carrier(
        lambda command: python_object(command).toIValues(),
        lambda command: _rrefs_in_pickle(python_object(command)),
        rest_to_proto,
    )


def _rrefs_in_pickle(python_object: SerializedPyObj) -> RRefs | None:
    try:
        return python_object.rrefs()
    except RRefProtoError:
        return None


CARRIERS: dict[MessageType, Carrier] = {
    ScriptCall.message_type: _script(ScriptCall.stack, _script_call_to_proto),
    ScriptRemoteCall.message_type: _script(ScriptRemoteCall.stack, _script_remote_call_to_proto),
    ScriptResp.message_type: _script(lambda resp: (resp.value(),)),
    ScriptRRefFetchRet.message_type: _script(ScriptRRefFetchRet.values),
    PythonCall.message_type: _python(PythonCall.serializedPyObj, _python_call_to_proto),
    PythonRemoteCall.message_type: _python(
        PythonRemoteCall.serializedPyObj, _python_remote_call_to_proto
    ),
    PythonResp.message_type: _python(PythonResp.serializedPyObj),
    PythonRRefFetchRet.message_type: _python(lambda ret: SerializedPyObj.fromIValues(ret.values())),
}
REMOTE_CALLS = frozenset({ScriptRemoteCall.message_type, PythonRemoteCall.message_type})
