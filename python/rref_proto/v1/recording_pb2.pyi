from google.protobuf import timestamp_pb2 as _timestamp_pb2
from rref_proto.v1 import ivalue_pb2 as _ivalue_pb2
from rref_proto.v1 import message_pb2 as _message_pb2
from rref_proto.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_SHUTDOWN_BEGAN: _ClassVar[EventKind]
    EVENT_KIND_RECORDING_ENDED: _ClassVar[EventKind]
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_SHUTDOWN_BEGAN: EventKind
EVENT_KIND_RECORDING_ENDED: EventKind

class RecordedMessage(_message.Message):
    __slots__ = ("time", "from_worker_id", "to_worker_id", "message", "from_worker_name", "to_worker_name", "native_message", "omitted_values", "passed_rrefs", "event", "passed_rrefs_unknown", "request_count")
    TIME_FIELD_NUMBER: _ClassVar[int]
    FROM_WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    TO_WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FROM_WORKER_NAME_FIELD_NUMBER: _ClassVar[int]
    TO_WORKER_NAME_FIELD_NUMBER: _ClassVar[int]
    NATIVE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OMITTED_VALUES_FIELD_NUMBER: _ClassVar[int]
    PASSED_RREFS_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PASSED_RREFS_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    from_worker_id: int
    to_worker_id: int
    message: _message_pb2.Message
    from_worker_name: str
    to_worker_name: str
    native_message: NativeMessage
    omitted_values: _containers.RepeatedCompositeFieldContainer[OmittedValue]
    passed_rrefs: _containers.RepeatedCompositeFieldContainer[_ivalue_pb2.RRefForkData]
    event: EventKind
    passed_rrefs_unknown: bool
    request_count: int
    def __init__(self, time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., from_worker_id: _Optional[int] = ..., to_worker_id: _Optional[int] = ..., message: _Optional[_Union[_message_pb2.Message, _Mapping]] = ..., from_worker_name: _Optional[str] = ..., to_worker_name: _Optional[str] = ..., native_message: _Optional[_Union[NativeMessage, _Mapping]] = ..., omitted_values: _Optional[_Iterable[_Union[OmittedValue, _Mapping]]] = ..., passed_rrefs: _Optional[_Iterable[_Union[_ivalue_pb2.RRefForkData, _Mapping]]] = ..., event: _Optional[_Union[EventKind, str]] = ..., passed_rrefs_unknown: bool = ..., request_count: _Optional[int] = ...) -> None: ...

class NativeMessage(_message.Message):
    __slots__ = ("type", "payload", "tensors")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    type: int
    payload: bytes
    tensors: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.Tensor]
    def __init__(self, type: _Optional[int] = ..., payload: _Optional[bytes] = ..., tensors: _Optional[_Iterable[_Union[_tensor_pb2.Tensor, _Mapping]]] = ...) -> None: ...

class OmittedValue(_message.Message):
    __slots__ = ("type", "byte_size")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    BYTE_SIZE_FIELD_NUMBER: _ClassVar[int]
    type: str
    byte_size: int
    def __init__(self, type: _Optional[str] = ..., byte_size: _Optional[int] = ...) -> None: ...
