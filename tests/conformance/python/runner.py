"""The runner for Python: reads vectors with the generated code, and writes a result for each."""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from conformance_pb2 import Result, Vector  # type: ignore[import-not-found]
from delimited import read_delimited, write_delimited
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from rref_proto.v1.call_pb2 import (
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    SerializedPyObj,
)
from rref_proto.v1.ids_pb2 import ForkId, RRefId
from rref_proto.v1.ivalue_pb2 import (
    BoolList,
    ComplexDouble,
    DoubleList,
    EnumHolder,
    GenericDict,
    GenericList,
    IntList,
    IValue,
    NoneType,
    RRefForkData,
    ScriptObject,
    TensorList,
    Tuple,
)
from rref_proto.v1.message_pb2 import Message as RRefMessage
from rref_proto.v1.recording_pb2 import NativeMessage, OmittedValue, RecordedMessage
from rref_proto.v1.rref_pb2 import (
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
)
from rref_proto.v1.tensor_pb2 import Device, Tensor

MESSAGES: dict[str, type[Message]] = {
    cls.DESCRIPTOR.name: cls
    for cls in (
        *(RRefId, ForkId, Device, Tensor, IValue, RRefMessage, RecordedMessage),
        *(RemoteRet, ScriptRRefFetchCall, PythonRRefFetchCall, ScriptRRefFetchRet),
        *(PythonRRefFetchRet, RRefUserDelete, RRefForkRequest, RRefChildAccept, RRefAck),
        *(Operator, ScriptCall, ScriptRemoteCall, ScriptResp, SerializedPyObj, PythonCall),
        *(PythonRemoteCall, PythonResp, RemoteException),
    )
}


@singledispatch
def describe(value: Any) -> str:
    """Return `value` in the form that README.md describes."""
    raise TypeError(type(value))


def fields(**values: Any) -> str:
    """Describe a message with these fields. A field that is None is absent."""
    present = (f"{name}:{describe(value)}" for name, value in values.items() if value is not None)
    return f"{{{','.join(present)}}}"


def if_present(message: Any, field: str) -> Any:
    """Return a field that has presence, or None if it is absent."""
    return getattr(message, field) if message.HasField(field) else None


def chosen(message: Any, oneof: str) -> dict[str, Any]:
    """Return the name and the value of the oneof's field that is set."""
    field = message.WhichOneof(oneof)
    return {field: getattr(message, field)} if field else {}


describe.register(int, str)
describe.register(bool, lambda value: str(value).lower())
describe.register(float, lambda value: struct.pack(">d", value).hex())
describe.register(str, lambda value: value.encode().hex())
describe.register(bytes, bytes.hex)
describe.register(Sequence, lambda values: f"[{','.join(map(describe, values))}]")

for identifier in (RRefId, ForkId):
    describe.register(identifier, lambda m: fields(created_on=m.created_on, local_id=m.local_id))
describe.register(Device, lambda m: fields(type=m.type, index=if_present(m, "index")))
describe.register(
    Tensor,
    lambda m: fields(
        dtype=m.dtype,
        sizes=m.sizes,
        data=m.data,
        requires_grad=m.requires_grad,
        device=if_present(m, "device"),
    ),
)
describe.register(IValue, lambda m: fields(**chosen(m, "kind")))
describe.register(ComplexDouble, lambda m: fields(real=m.real, imag=m.imag))
describe.register(Tuple, lambda m: fields(elements=m.elements))
for packed in (IntList, DoubleList, BoolList):
    describe.register(packed, lambda m: fields(values=m.values))
describe.register(TensorList, lambda m: fields(tensor_indices=m.tensor_indices))
describe.register(GenericList, lambda m: fields(type=m.type, elements=m.elements))
describe.register(GenericDict, lambda m: fields(type=m.type, entries=m.entries))
describe.register(
    GenericDict.Entry, lambda m: fields(key=if_present(m, "key"), value=if_present(m, "value"))
)
describe.register(
    ScriptObject,
    lambda m: fields(type=m.type, attributes=m.attributes, state=if_present(m, "state")),
)
describe.register(
    ScriptObject.Attribute, lambda m: fields(name=m.name, value=if_present(m, "value"))
)
describe.register(EnumHolder, lambda m: fields(type=m.type, value=if_present(m, "value")))
describe.register(
    RRefForkData,
    lambda m: fields(
        owner_id=m.owner_id,
        rref_id=if_present(m, "rref_id"),
        fork_id=if_present(m, "fork_id"),
        parent=m.parent,
        type_str=m.type_str,
    ),
)
for call in (ScriptRRefFetchCall, PythonRRefFetchCall):
    describe.register(
        call, lambda m: fields(from_worker_id=m.from_worker_id, rref_id=if_present(m, "rref_id"))
    )
for ret in (ScriptRRefFetchRet, PythonRRefFetchRet):
    describe.register(ret, lambda m: fields(values=m.values))
for fork in (RRefUserDelete, RemoteRet, RRefForkRequest):
    describe.register(
        fork, lambda m: fields(rref_id=if_present(m, "rref_id"), fork_id=if_present(m, "fork_id"))
    )
describe.register(RRefChildAccept, lambda m: fields(fork_id=if_present(m, "fork_id")))
for nothing in (NoneType, RRefAck):
    describe.register(nothing, lambda _: fields())
describe.register(Operator, lambda m: fields(schema=m.schema, name=m.name))
describe.register(
    ScriptCall,
    lambda m: fields(**chosen(m, "callee"), stack=m.stack, is_async_execution=m.is_async_execution),
)
describe.register(
    ScriptRemoteCall,
    lambda m: fields(
        call=if_present(m, "call"),
        ret_rref_id=if_present(m, "ret_rref_id"),
        ret_fork_id=if_present(m, "ret_fork_id"),
    ),
)
describe.register(ScriptResp, lambda m: fields(value=if_present(m, "value")))
describe.register(
    SerializedPyObj, lambda m: fields(payload=m.payload, tensor_indices=m.tensor_indices)
)
describe.register(
    PythonCall,
    lambda m: fields(
        serialized_py_obj=if_present(m, "serialized_py_obj"),
        is_async_execution=m.is_async_execution,
    ),
)
describe.register(
    PythonRemoteCall,
    lambda m: fields(
        serialized_py_obj=if_present(m, "serialized_py_obj"),
        ret_rref_id=if_present(m, "ret_rref_id"),
        ret_fork_id=if_present(m, "ret_fork_id"),
        is_async_execution=m.is_async_execution,
    ),
)
describe.register(
    PythonResp, lambda m: fields(serialized_py_obj=if_present(m, "serialized_py_obj"))
)
describe.register(RemoteException, lambda m: fields(**chosen(m, "what")))
describe.register(
    RRefMessage, lambda m: fields(**chosen(m, "body"), id=if_present(m, "id"), tensors=m.tensors)
)
describe.register(Timestamp, lambda m: fields(seconds=m.seconds, nanos=m.nanos))
describe.register(
    RecordedMessage,
    lambda m: fields(
        time=if_present(m, "time"),
        from_worker_id=m.from_worker_id,
        to_worker_id=m.to_worker_id,
        message=if_present(m, "message"),
        from_worker_name=m.from_worker_name,
        to_worker_name=m.to_worker_name,
        native_message=if_present(m, "native_message"),
        omitted_values=m.omitted_values,
        passed_rrefs=m.passed_rrefs,
        event=m.event,
        passed_rrefs_unknown=m.passed_rrefs_unknown,
        request_count=if_present(m, "request_count"),
    ),
)
describe.register(
    NativeMessage, lambda m: fields(type=m.type, payload=m.payload, tensors=m.tensors)
)
describe.register(OmittedValue, lambda m: fields(type=m.type, byte_size=m.byte_size))


def run(vector: Vector) -> Result:
    """Return the result for `vector`."""
    result = Result(name=vector.name)
    message = MESSAGES[vector.message]()
    try:
        message.ParseFromString(vector.wire)
    except DecodeError as error:
        result.refused = str(error)
        return result
    result.fields = describe(message)
    result.wire = message.SerializeToString()
    result.json = json_format.MessageToJson(message)
    try:
        read = json_format.Parse(vector.json, type(message)())
        result.wire_of_json = read.SerializeToString()
    except json_format.ParseError as error:
        result.json_refused = str(error)
    return result


if __name__ == "__main__":
    write_delimited(sys.stdout.buffer, map(run, read_delimited(sys.stdin.buffer, Vector)))
