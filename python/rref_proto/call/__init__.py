"""The calls: what calls a function on another worker, and what answers it."""

from .exception import RemoteException
from .operator import OPERATOR_PREFIX, Operator
from .python import PythonCall, PythonRemoteCall, PythonResp
from .script import ScriptCall, ScriptRemoteCall, ScriptResp

__all__ = [
    "OPERATOR_PREFIX",
    "Operator",
    "PythonCall",
    "PythonRemoteCall",
    "PythonResp",
    "RemoteException",
    "ScriptCall",
    "ScriptRemoteCall",
    "ScriptResp",
]
