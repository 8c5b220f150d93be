"""PyTorch's RRef protocol: its messages as Protocol Buffers, and as libtorch's own payloads."""

from . import bodies, libtorch  # noqa: F401 - bodies fills the table of all messages
from ._version import __version__
from .call import (
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from .context import RRefContext
from .errors import (
    DecodeError,
    EncodeError,
    LocalProtocolError,
    MessageTypeError,
    RemoteError,
    RemoteProtocolError,
    RRefProtoError,
)
from .fork_message import ForkMessageBase, RRefMessageBase
from .ids import ForkId, GloballyUniqueId, RRefId
from .ivalue import (
    EnumHolder,
    GenericDict,
    GenericList,
    IValue,
    RRefForkData,
    ScriptObject,
)
from .ledger import Certainty, HeldFork, Ledger, Remark
from .message import Message
from .message_type import MessageType
from .native import NativeMessage
from .python_object import PythonRemoteException, PythonUDF, SerializedPyObj
from .recording import (
    EventKind,
    OmittedValue,
    RecordedEvent,
    RecordedMessage,
    WithoutValues,
    merge,
    omit_values,
    read_recording,
    write_recording,
)
from .rpc_command import RpcCommandBase, fromMessage
from .rref import (
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefFetchRet,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
)
from .tensor import Device, ScalarType, Tensor

__all__ = [
    "Certainty",
    "DecodeError",
    "Device",
    "EncodeError",
    "EnumHolder",
    "EventKind",
    "ForkId",
    "ForkMessageBase",
    "GenericDict",
    "GenericList",
    "GloballyUniqueId",
    "HeldFork",
    "IValue",
    "Ledger",
    "LocalProtocolError",
    "Message",
    "MessageType",
    "MessageTypeError",
    "NativeMessage",
    "OmittedValue",
    "Operator",
    "PythonCall",
    "PythonRRefFetchCall",
    "PythonRRefFetchRet",
    "PythonRemoteCall",
    "PythonRemoteException",
    "PythonResp",
    "PythonUDF",
    "RRefAck",
    "RRefChildAccept",
    "RRefContext",
    "RRefFetchRet",
    "RRefForkData",
    "RRefForkRequest",
    "RRefId",
    "RRefMessageBase",
    "RRefProtoError",
    "RRefUserDelete",
    "RecordedEvent",
    "RecordedMessage",
    "Remark",
    "RemoteError",
    "RemoteException",
    "RemoteProtocolError",
    "RemoteRet",
    "RpcCommandBase",
    "ScalarType",
    "ScriptCall",
    "ScriptObject",
    "ScriptRRefFetchCall",
    "ScriptRRefFetchRet",
    "ScriptRemoteCall",
    "ScriptResp",
    "SerializedPyObj",
    "Tensor",
    "WithoutValues",
    "__version__",
    "fromMessage",
    "libtorch",
    "merge",
    "omit_values",
    "read_recording",
    "write_recording",
]
