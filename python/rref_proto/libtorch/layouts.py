"""How the fields of each class are laid out in libtorch's payload: as a tuple of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import DecodeError
from ..ids import ForkId, RRefId
from ..ivalue import IValue
from ..rpc_command import RpcCommandBase
from ..rref import (
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteRet,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
)

Values = tuple[IValue, ...]


class Layout(NamedTuple):
    """The tuple of values in a payload, and the class that it is of."""

    # How many values the tuple has; None: the class says.
    length: int | None
    # Whether something beside the tuple refers to the values while libtorch pickles them.
    shared: bool
    # Returns the values of an object of the class.
    values: Callable[[Any], Values]
    # Returns an object of the class, made of values.
    make: Callable[[Any, Values], RpcCommandBase]


def _worker_id(value: IValue) -> int:
    if value.kind != "int_value":
        raise DecodeError(
            f"expected a worker id, got a value of kind {value.kind}", "from_worker_id"
        )
    return int(value.value)


_TWO_IDS = Layout(
    2,
    True,
    lambda command: (command.rref_id.toIValue(), command.fork_id.toIValue()),
    lambda cls, values: cls(RRefId.fromIValue(values[0]), ForkId.fromIValue(values[1])),
)
_FETCH_CALL = Layout(
    2,
    False,
    lambda call: (call.rref_id.toIValue(), IValue("int_value", call.from_worker_id)),
    lambda cls, values: cls(_worker_id(values[1]), RRefId.fromIValue(values[0])),
)
_FORK = Layout(
    1,
    True,
    lambda command: (command.fork_id.toIValue(),),
    lambda cls, values: cls(ForkId.fromIValue(values[0])),
)
_VALUES = Layout(None, True, lambda ret: ret.values(), lambda cls, values: cls(values))

# RRefAck is not here: its payload is empty, not the pickle of an empty tuple.
LAYOUTS: dict[type[RpcCommandBase], Layout] = {
    RemoteRet: _TWO_IDS,
    ScriptRRefFetchCall: _FETCH_CALL,
    PythonRRefFetchCall: _FETCH_CALL,
    ScriptRRefFetchRet: _VALUES,
    PythonRRefFetchRet: _VALUES,
    RRefUserDelete: _TWO_IDS,
    RRefForkRequest: _TWO_IDS,
    RRefChildAccept: _FORK,
}
