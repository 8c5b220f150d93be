"""What the context asks of its caller: messages to send, and events for the program."""

from __future__ import annotations

from typing import NamedTuple

from ..call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptResp,
)
from ..ids import ForkId, RRefId
from ..rpc_command import RpcCommandBase
from ..rref import PythonRRefFetchCall, RRefFetchRet, ScriptRRefFetchCall
from .references import RRef, UserRRef


class Send(NamedTuple):
    """Send a message. `message_id` is the id of a request, also in its response.

    A request may be sent again as long as no response has come, except a call.
    """

    to_worker: int
    message_id: int
    command: RpcCommandBase


class Called(NamedTuple):
    """A call has come. The program calls the function, and drops each of `rrefs` after it.

    It answers a ScriptCall and a PythonCall with `answer`, and a remote call with `setValue` or
    `setError` for its `ret_rref_id`. `rrefs` are the RRefs in the arguments, by the forks there.
    """

    from_worker: int
    message_id: int
    command: ScriptCall | PythonCall | PythonRemoteCall
    rrefs: dict[ForkId, RRef]


class ValueWanted(NamedTuple):
    """A worker fetches the value of an RRef that has one. The program gives it to `answer`."""

    from_worker: int
    message_id: int
    command: ScriptRRefFetchCall | PythonRRefFetchCall


class Answered(NamedTuple):
    """The answer to a call or a fetch has come. `rrefs` is as in Called: the program drops them."""

    message_id: int
    command: ScriptResp | PythonResp | RRefFetchRet
    rrefs: dict[ForkId, RRef]


class Failed(NamedTuple):
    """An error has come as the answer to a request.

    Where that is an RRefForkRequest, an RRefChildAccept or an RRefUserDelete, the same request may
    be sent again; it is still one that awaits its answer.
    """

    request: Send
    error: RemoteException


class Confirmed(NamedTuple):
    """The owner counts the fork."""

    rref: UserRRef


class Ended(NamedTuple):
    """Nothing needs the RRef any more. The program lets go of its value."""

    rref_id: RRefId


Event = Called | ValueWanted | Answered | Failed | Confirmed | Ended
Effect = Send | Event
