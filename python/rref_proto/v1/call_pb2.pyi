from rref_proto.v1 import ids_pb2 as _ids_pb2
from rref_proto.v1 import ivalue_pb2 as _ivalue_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Operator(_message.Message):
    __slots__ = ("schema", "name")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    schema: str
    name: str
    def __init__(self, schema: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ScriptCall(_message.Message):
    __slots__ = ("operator", "qualified_name", "stack", "is_async_execution")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    QUALIFIED_NAME_FIELD_NUMBER: _ClassVar[int]
    STACK_FIELD_NUMBER: _ClassVar[int]
    IS_ASYNC_EXECUTION_FIELD_NUMBER: _ClassVar[int]
    operator: Operator
    qualified_name: str
    stack: _containers.RepeatedCompositeFieldContainer[_ivalue_pb2.IValue]
    is_async_execution: bool
    def __init__(self, operator: _Optional[_Union[Operator, _Mapping]] = ..., qualified_name: _Optional[str] = ..., stack: _Optional[_Iterable[_Union[_ivalue_pb2.IValue, _Mapping]]] = ..., is_async_execution: bool = ...) -> None: ...

class ScriptRemoteCall(_message.Message):
    __slots__ = ("call", "ret_rref_id", "ret_fork_id")
    CALL_FIELD_NUMBER: _ClassVar[int]
    RET_RREF_ID_FIELD_NUMBER: _ClassVar[int]
    RET_FORK_ID_FIELD_NUMBER: _ClassVar[int]
    call: ScriptCall
    ret_rref_id: _ids_pb2.RRefId
    ret_fork_id: _ids_pb2.ForkId
    def __init__(self, call: _Optional[_Union[ScriptCall, _Mapping]] = ..., ret_rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., ret_fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ...) -> None: ...

class ScriptResp(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _ivalue_pb2.IValue
    def __init__(self, value: _Optional[_Union[_ivalue_pb2.IValue, _Mapping]] = ...) -> None: ...

class SerializedPyObj(_message.Message):
    __slots__ = ("payload", "tensor_indices")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TENSOR_INDICES_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    tensor_indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, payload: _Optional[bytes] = ..., tensor_indices: _Optional[_Iterable[int]] = ...) -> None: ...

class PythonCall(_message.Message):
    __slots__ = ("serialized_py_obj", "is_async_execution")
    SERIALIZED_PY_OBJ_FIELD_NUMBER: _ClassVar[int]
    IS_ASYNC_EXECUTION_FIELD_NUMBER: _ClassVar[int]
    serialized_py_obj: SerializedPyObj
    is_async_execution: bool
    def __init__(self, serialized_py_obj: _Optional[_Union[SerializedPyObj, _Mapping]] = ..., is_async_execution: bool = ...) -> None: ...

class PythonRemoteCall(_message.Message):
    __slots__ = ("serialized_py_obj", "ret_rref_id", "ret_fork_id", "is_async_execution")
    SERIALIZED_PY_OBJ_FIELD_NUMBER: _ClassVar[int]
    RET_RREF_ID_FIELD_NUMBER: _ClassVar[int]
    RET_FORK_ID_FIELD_NUMBER: _ClassVar[int]
    IS_ASYNC_EXECUTION_FIELD_NUMBER: _ClassVar[int]
    serialized_py_obj: SerializedPyObj
    ret_rref_id: _ids_pb2.RRefId
    ret_fork_id: _ids_pb2.ForkId
    is_async_execution: bool
    def __init__(self, serialized_py_obj: _Optional[_Union[SerializedPyObj, _Mapping]] = ..., ret_rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., ret_fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ..., is_async_execution: bool = ...) -> None: ...

class PythonResp(_message.Message):
    __slots__ = ("serialized_py_obj",)
    SERIALIZED_PY_OBJ_FIELD_NUMBER: _ClassVar[int]
    serialized_py_obj: SerializedPyObj
    def __init__(self, serialized_py_obj: _Optional[_Union[SerializedPyObj, _Mapping]] = ...) -> None: ...

class RemoteException(_message.Message):
    __slots__ = ("text", "raw")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    text: str
    raw: bytes
    def __init__(self, text: _Optional[str] = ..., raw: _Optional[bytes] = ...) -> None: ...
