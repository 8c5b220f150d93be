"""PyTorch's RRef protocol: its messages as Protocol Buffers, and as libtorch's own payloads."""

from . import libtorch
from ._version import __version__
from .errors import DecodeError, EncodeError, MessageTypeError, RRefProtoError
from .ids import ForkId, GloballyUniqueId, RRefId
from .ivalue import (
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
    SerializedPyObj,
)
from .ledger import Certainty, HeldFork, Ledger, Remark
from .libtorch import NativeMessage
from .message import Message, MessageType
from .recording import (
    OmittedValue,
    RecordedMessage,
    merge,
    omit_values,
    read_recording,
    write_recording,
)
from .rref import (
    ForkMessageBase,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefFetchRet,
    RRefForkRequest,
    RRefMessageBase,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    fromMessage,
)
from .tensor import Device, ScalarType, Tensor

__all__ = [
    "Certainty",
    "DecodeError",
    "Device",
    "EncodeError",
    "EnumHolder",
    "ForkId",
    "ForkMessageBase",
    "GenericDict",
    "GenericList",
    "GloballyUniqueId",
    "HeldFork",
    "IValue",
    "Ledger",
    "Message",
    "MessageType",
    "MessageTypeError",
    "NativeMessage",
    "OmittedValue",
    "PythonRRefFetchCall",
    "PythonRRefFetchRet",
    "RRefAck",
    "RRefChildAccept",
    "RRefFetchRet",
    "RRefForkData",
    "RRefForkRequest",
    "RRefId",
    "RRefMessageBase",
    "RRefProtoError",
    "RRefUserDelete",
    "RecordedMessage",
    "Remark",
    "RemoteRet",
    "RpcCommandBase",
    "ScalarType",
    "ScriptObject",
    "ScriptRRefFetchCall",
    "ScriptRRefFetchRet",
    "SerializedPyObj",
    "Tensor",
    "__version__",
    "fromMessage",
    "libtorch",
    "merge",
    "omit_values",
    "read_recording",
    "write_recording",
]
