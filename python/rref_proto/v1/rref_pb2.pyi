from rref_proto.v1 import ids_pb2 as _ids_pb2
from rref_proto.v1 import ivalue_pb2 as _ivalue_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScriptRRefFetchCall(_message.Message):
    __slots__ = ("from_worker_id", "rref_id")
    FROM_WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    from_worker_id: int
    rref_id: _ids_pb2.RRefId
    def __init__(self, from_worker_id: _Optional[int] = ..., rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ...) -> None: ...

class PythonRRefFetchCall(_message.Message):
    __slots__ = ("from_worker_id", "rref_id")
    FROM_WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    from_worker_id: int
    rref_id: _ids_pb2.RRefId
    def __init__(self, from_worker_id: _Optional[int] = ..., rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ...) -> None: ...

class ScriptRRefFetchRet(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[_ivalue_pb2.IValue]
    def __init__(self, values: _Optional[_Iterable[_Union[_ivalue_pb2.IValue, _Mapping]]] = ...) -> None: ...

class PythonRRefFetchRet(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[_ivalue_pb2.IValue]
    def __init__(self, values: _Optional[_Iterable[_Union[_ivalue_pb2.IValue, _Mapping]]] = ...) -> None: ...

class RRefUserDelete(_message.Message):
    __slots__ = ("rref_id", "fork_id")
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    FORK_ID_FIELD_NUMBER: _ClassVar[int]
    rref_id: _ids_pb2.RRefId
    fork_id: _ids_pb2.ForkId
    def __init__(self, rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ...) -> None: ...

class RemoteRet(_message.Message):
    __slots__ = ("rref_id", "fork_id")
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    FORK_ID_FIELD_NUMBER: _ClassVar[int]
    rref_id: _ids_pb2.RRefId
    fork_id: _ids_pb2.ForkId
    def __init__(self, rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ...) -> None: ...

class RRefChildAccept(_message.Message):
    __slots__ = ("fork_id",)
    FORK_ID_FIELD_NUMBER: _ClassVar[int]
    fork_id: _ids_pb2.ForkId
    def __init__(self, fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ...) -> None: ...

class RRefForkRequest(_message.Message):
    __slots__ = ("rref_id", "fork_id")
    RREF_ID_FIELD_NUMBER: _ClassVar[int]
    FORK_ID_FIELD_NUMBER: _ClassVar[int]
    rref_id: _ids_pb2.RRefId
    fork_id: _ids_pb2.ForkId
    def __init__(self, rref_id: _Optional[_Union[_ids_pb2.RRefId, _Mapping]] = ..., fork_id: _Optional[_Union[_ids_pb2.ForkId, _Mapping]] = ...) -> None: ...

class RRefAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
