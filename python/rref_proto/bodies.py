"""The table of which type, field and class belong together, one row for each body of a Message."""

from __future__ import annotations

from .call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from .message_type import MessageType
from .rpc_command import Body, define_bodies
from .rref import (
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

define_bodies(
    Body(MessageType.SCRIPT_RET, "script_resp", ScriptResp),
    Body(MessageType.PYTHON_CALL, "python_call", PythonCall),
    Body(MessageType.PYTHON_RET, "python_resp", PythonResp),
    Body(MessageType.SCRIPT_REMOTE_CALL, "script_remote_call", ScriptRemoteCall),
    Body(MessageType.PYTHON_REMOTE_CALL, "python_remote_call", PythonRemoteCall),
    Body(MessageType.REMOTE_RET, "remote_ret", RemoteRet),
    Body(MessageType.SCRIPT_RREF_FETCH_CALL, "script_rref_fetch_call", ScriptRRefFetchCall),
    Body(MessageType.PYTHON_RREF_FETCH_CALL, "python_rref_fetch_call", PythonRRefFetchCall),
    Body(MessageType.SCRIPT_RREF_FETCH_RET, "script_rref_fetch_ret", ScriptRRefFetchRet),
    Body(MessageType.PYTHON_RREF_FETCH_RET, "python_rref_fetch_ret", PythonRRefFetchRet),
    Body(MessageType.RREF_USER_DELETE, "rref_user_delete", RRefUserDelete),
    Body(MessageType.RREF_FORK_REQUEST, "rref_fork_request", RRefForkRequest),
    Body(MessageType.RREF_CHILD_ACCEPT, "rref_child_accept", RRefChildAccept),
    Body(MessageType.RREF_ACK, "rref_ack", RRefAck),
    Body(MessageType.EXCEPTION, "remote_exception", RemoteException),
    Body(MessageType.SCRIPT_CALL, "script_call", ScriptCall),
)
