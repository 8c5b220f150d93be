"""One object of each class that has a message."""

from __future__ import annotations

from rref_proto import (
    ForkId,
    IValue,
    Operator,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
)

RREF, FORK = RRefId(1, 12345), ForkId(2, 67890)
VALUE = IValue.from_python({"w": Tensor(ScalarType.int8, [2], b"ab"), "b": None}, "Dict[str, Any]")
FLAG = Tensor(ScalarType.bool, [], b"\x01")
PICKLE = SerializedPyObj(b"\x80\x04N.", (FLAG,))
ADD = Operator(
    "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", "torch.ops.aten.add"
)
FUNCTION = "__torch__.my_module.my_function"

ONE_OF_EACH: list[RpcCommandBase] = [
    RemoteRet(RREF, FORK),
    ScriptRRefFetchCall(3, RREF),
    PythonRRefFetchCall(3, RREF),
    ScriptRRefFetchRet([VALUE]),
    PythonRRefFetchRet(PICKLE.toIValues()),
    RRefUserDelete(RREF, FORK),
    RRefForkRequest(RREF, FORK),
    RRefChildAccept(FORK),
    RRefAck(),
    ScriptCall(ADD, [VALUE, IValue.from_python(1)]),
    ScriptRemoteCall(FUNCTION, [VALUE], RREF, FORK, True),
    ScriptResp(VALUE),
    PythonCall(PICKLE, True),
    PythonRemoteCall(PICKLE, RREF, FORK, False),
    PythonResp(PICKLE),
    RemoteException("it failed"),
]
