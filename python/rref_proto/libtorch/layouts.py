"""The table of all layouts, and those of the classes of rref_proto.h."""

from __future__ import annotations

from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import IValue
from ..rpc_command import RpcCommandBase
from ..rref import (
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
from .call_layouts import CALL_LAYOUTS
from .layout import Layout, all_held, in_tuple, none_held


def _worker_id(value: IValue) -> int:
    if value.kind != "int_value":
        raise DecodeError(
            f"expected a worker id, got a value of kind {value.kind}", "from_worker_id"
        )
    return int(value.value)


_TWO_IDS = in_tuple(
    all_held,
    lambda command: (command.rref_id.toIValue(), command.fork_id.toIValue()),
    lambda cls, values: cls(RRefId.fromIValue(values[0]), ForkId.fromIValue(values[1])),
    2,
    2,
)
_FETCH_CALL = in_tuple(
    none_held,
    lambda call: (call.rref_id.toIValue(), IValue("int_value", call.from_worker_id)),
    lambda cls, values: cls(_worker_id(values[1]), RRefId.fromIValue(values[0])),
    2,
    2,
)
_FORK = in_tuple(
    all_held,
    lambda command: (command.fork_id.toIValue(),),
    lambda cls, values: cls(ForkId.fromIValue(values[0])),
    1,
    1,
)
# The constructor of the class says how many there can be.
_VALUES = in_tuple(all_held, lambda ret: ret.values(), lambda cls, values: cls(values), 0, None)
_NOTHING = Layout(lambda _: (b"", ()), lambda cls, *_: cls())

LAYOUTS: dict[type[RpcCommandBase], Layout] = {
    RemoteRet: _TWO_IDS,
    ScriptRRefFetchCall: _FETCH_CALL,
    PythonRRefFetchCall: _FETCH_CALL,
    ScriptRRefFetchRet: _VALUES,
    PythonRRefFetchRet: _VALUES,
    RRefUserDelete: _TWO_IDS,
    RRefForkRequest: _TWO_IDS,
    RRefChildAccept: _FORK,
    RRefAck: _NOTHING,
    **CALL_LAYOUTS,
}
