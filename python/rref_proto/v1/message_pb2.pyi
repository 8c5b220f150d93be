from rref_proto.v1 import call_pb2 as _call_pb2
from rref_proto.v1 import rref_pb2 as _rref_pb2
from rref_proto.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_TYPE_UNSPECIFIED: _ClassVar[MessageType]
    MESSAGE_TYPE_SCRIPT_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_SCRIPT_RET: _ClassVar[MessageType]
    MESSAGE_TYPE_PYTHON_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_PYTHON_RET: _ClassVar[MessageType]
    MESSAGE_TYPE_SCRIPT_REMOTE_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_PYTHON_REMOTE_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_REMOTE_RET: _ClassVar[MessageType]
    MESSAGE_TYPE_SCRIPT_RREF_FETCH_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_PYTHON_RREF_FETCH_CALL: _ClassVar[MessageType]
    MESSAGE_TYPE_SCRIPT_RREF_FETCH_RET: _ClassVar[MessageType]
    MESSAGE_TYPE_PYTHON_RREF_FETCH_RET: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_USER_DELETE: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_FORK_REQUEST: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_CHILD_ACCEPT: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_ACK: _ClassVar[MessageType]
    MESSAGE_TYPE_FORWARD_AUTOGRAD_REQ: _ClassVar[MessageType]
    MESSAGE_TYPE_FORWARD_AUTOGRAD_RESP: _ClassVar[MessageType]
    MESSAGE_TYPE_BACKWARD_AUTOGRAD_REQ: _ClassVar[MessageType]
    MESSAGE_TYPE_BACKWARD_AUTOGRAD_RESP: _ClassVar[MessageType]
    MESSAGE_TYPE_CLEANUP_AUTOGRAD_CONTEXT_REQ: _ClassVar[MessageType]
    MESSAGE_TYPE_CLEANUP_AUTOGRAD_CONTEXT_RESP: _ClassVar[MessageType]
    MESSAGE_TYPE_RUN_WITH_PROFILING_REQ: _ClassVar[MessageType]
    MESSAGE_TYPE_RUN_WITH_PROFILING_RESP: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_BACKWARD_REQ: _ClassVar[MessageType]
    MESSAGE_TYPE_RREF_BACKWARD_RESP: _ClassVar[MessageType]
    MESSAGE_TYPE_EXCEPTION: _ClassVar[MessageType]
    MESSAGE_TYPE_UNKNOWN: _ClassVar[MessageType]
MESSAGE_TYPE_UNSPECIFIED: MessageType
MESSAGE_TYPE_SCRIPT_CALL: MessageType
MESSAGE_TYPE_SCRIPT_RET: MessageType
MESSAGE_TYPE_PYTHON_CALL: MessageType
MESSAGE_TYPE_PYTHON_RET: MessageType
MESSAGE_TYPE_SCRIPT_REMOTE_CALL: MessageType
MESSAGE_TYPE_PYTHON_REMOTE_CALL: MessageType
MESSAGE_TYPE_REMOTE_RET: MessageType
MESSAGE_TYPE_SCRIPT_RREF_FETCH_CALL: MessageType
MESSAGE_TYPE_PYTHON_RREF_FETCH_CALL: MessageType
MESSAGE_TYPE_SCRIPT_RREF_FETCH_RET: MessageType
MESSAGE_TYPE_PYTHON_RREF_FETCH_RET: MessageType
MESSAGE_TYPE_RREF_USER_DELETE: MessageType
MESSAGE_TYPE_RREF_FORK_REQUEST: MessageType
MESSAGE_TYPE_RREF_CHILD_ACCEPT: MessageType
MESSAGE_TYPE_RREF_ACK: MessageType
MESSAGE_TYPE_FORWARD_AUTOGRAD_REQ: MessageType
MESSAGE_TYPE_FORWARD_AUTOGRAD_RESP: MessageType
MESSAGE_TYPE_BACKWARD_AUTOGRAD_REQ: MessageType
MESSAGE_TYPE_BACKWARD_AUTOGRAD_RESP: MessageType
MESSAGE_TYPE_CLEANUP_AUTOGRAD_CONTEXT_REQ: MessageType
MESSAGE_TYPE_CLEANUP_AUTOGRAD_CONTEXT_RESP: MessageType
MESSAGE_TYPE_RUN_WITH_PROFILING_REQ: MessageType
MESSAGE_TYPE_RUN_WITH_PROFILING_RESP: MessageType
MESSAGE_TYPE_RREF_BACKWARD_REQ: MessageType
MESSAGE_TYPE_RREF_BACKWARD_RESP: MessageType
MESSAGE_TYPE_EXCEPTION: MessageType
MESSAGE_TYPE_UNKNOWN: MessageType

class Message(_message.Message):
    __slots__ = ("script_resp", "python_call", "python_resp", "script_remote_call", "python_remote_call", "remote_ret", "script_rref_fetch_call", "python_rref_fetch_call", "script_rref_fetch_ret", "python_rref_fetch_ret", "rref_user_delete", "rref_fork_request", "rref_child_accept", "rref_ack", "remote_exception", "script_call", "id", "tensors")
    SCRIPT_RESP_FIELD_NUMBER: _ClassVar[int]
    PYTHON_CALL_FIELD_NUMBER: _ClassVar[int]
    PYTHON_RESP_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_REMOTE_CALL_FIELD_NUMBER: _ClassVar[int]
    PYTHON_REMOTE_CALL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_RET_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_RREF_FETCH_CALL_FIELD_NUMBER: _ClassVar[int]
    PYTHON_RREF_FETCH_CALL_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_RREF_FETCH_RET_FIELD_NUMBER: _ClassVar[int]
    PYTHON_RREF_FETCH_RET_FIELD_NUMBER: _ClassVar[int]
    RREF_USER_DELETE_FIELD_NUMBER: _ClassVar[int]
    RREF_FORK_REQUEST_FIELD_NUMBER: _ClassVar[int]
    RREF_CHILD_ACCEPT_FIELD_NUMBER: _ClassVar[int]
    RREF_ACK_FIELD_NUMBER: _ClassVar[int]
    REMOTE_EXCEPTION_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_CALL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    script_resp: _call_pb2.ScriptResp
    python_call: _call_pb2.PythonCall
    python_resp: _call_pb2.PythonResp
    script_remote_call: _call_pb2.ScriptRemoteCall
    python_remote_call: _call_pb2.PythonRemoteCall
    remote_ret: _rref_pb2.RemoteRet
    script_rref_fetch_call: _rref_pb2.ScriptRRefFetchCall
    python_rref_fetch_call: _rref_pb2.PythonRRefFetchCall
    script_rref_fetch_ret: _rref_pb2.ScriptRRefFetchRet
    python_rref_fetch_ret: _rref_pb2.PythonRRefFetchRet
    rref_user_delete: _rref_pb2.RRefUserDelete
    rref_fork_request: _rref_pb2.RRefForkRequest
    rref_child_accept: _rref_pb2.RRefChildAccept
    rref_ack: _rref_pb2.RRefAck
    remote_exception: _call_pb2.RemoteException
    script_call: _call_pb2.ScriptCall
    id: int
    tensors: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.Tensor]
    def __init__(self, script_resp: _Optional[_Union[_call_pb2.ScriptResp, _Mapping]] = ..., python_call: _Optional[_Union[_call_pb2.PythonCall, _Mapping]] = ..., python_resp: _Optional[_Union[_call_pb2.PythonResp, _Mapping]] = ..., script_remote_call: _Optional[_Union[_call_pb2.ScriptRemoteCall, _Mapping]] = ..., python_remote_call: _Optional[_Union[_call_pb2.PythonRemoteCall, _Mapping]] = ..., remote_ret: _Optional[_Union[_rref_pb2.RemoteRet, _Mapping]] = ..., script_rref_fetch_call: _Optional[_Union[_rref_pb2.ScriptRRefFetchCall, _Mapping]] = ..., python_rref_fetch_call: _Optional[_Union[_rref_pb2.PythonRRefFetchCall, _Mapping]] = ..., script_rref_fetch_ret: _Optional[_Union[_rref_pb2.ScriptRRefFetchRet, _Mapping]] = ..., python_rref_fetch_ret: _Optional[_Union[_rref_pb2.PythonRRefFetchRet, _Mapping]] = ..., rref_user_delete: _Optional[_Union[_rref_pb2.RRefUserDelete, _Mapping]] = ..., rref_fork_request: _Optional[_Union[_rref_pb2.RRefForkRequest, _Mapping]] = ..., rref_child_accept: _Optional[_Union[_rref_pb2.RRefChildAccept, _Mapping]] = ..., rref_ack: _Optional[_Union[_rref_pb2.RRefAck, _Mapping]] = ..., remote_exception: _Optional[_Union[_call_pb2.RemoteException, _Mapping]] = ..., script_call: _Optional[_Union[_call_pb2.ScriptCall, _Mapping]] = ..., id: _Optional[int] = ..., tensors: _Optional[_Iterable[_Union[_tensor_pb2.Tensor, _Mapping]]] = ...) -> None: ...
