"""The table of all layouts, and those of the classes of rref_proto.h."""

from __future__ import annotations

from operator import attrgetter

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
from .fixed import with_fixed_bytes
from .layout import Layout, all_held, in_tuple


def _worker_id(value: IValue) -> int:
    if value.kind != "int_value":
        raise DecodeError(
            f"expected a worker id, got a value of kind {value.kind}", "from_worker_id"
        )
    return int(value.value)


_TWO_IDS = with_fixed_bytes(
    b"%b%b\x86q\x00%b%b\x86q\x01\x86.",
    attrgetter("rref_id.created_on", "rref_id.local_id", "fork_id.created_on", "fork_id.local_id"),
    lambda cls, rref_creator, rref_number, fork_creator, fork_number: cls(
        RRefId(rref_creator, rref_number), ForkId(fork_creator, fork_number)
    ),
    lambda cls, values: cls(RRefId.fromIValue(values[0]), ForkId.fromIValue(values[1])),
    length=2,
)
_FETCH_CALL = with_fixed_bytes(
    b"%b%b\x86%b\x86.",
    attrgetter("rref_id.created_on", "rref_id.local_id", "from_worker_id"),
    lambda cls, creator, number, worker: cls(worker, RRefId(creator, number)),
    lambda cls, values: cls(_worker_id(values[1]), RRefId.fromIValue(values[0])),
    length=2,
)
_FORK = with_fixed_bytes(
    b"%b%b\x86q\x00\x85.",
    attrgetter("fork_id.created_on", "fork_id.local_id"),
    lambda cls, creator, number: cls(ForkId(creator, number)),
    lambda cls, values: cls(ForkId.fromIValue(values[0])),
    length=1,
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
