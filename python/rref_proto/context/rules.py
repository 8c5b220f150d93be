"""The rules of the protocol, as tables. The other modules of this folder carry them out.

rref.proto has the same rules in words, and docs/context.md shows the tables as diagrams. What a
table does not have is not allowed, or does nothing: the program gets a LocalProtocolError, and what
ends by itself does not end yet.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
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


class Word(Enum):
    """An enum whose members are printed as in the diagrams."""

    def __str__(self) -> str:
        return str(self.value)


class Action(Word):
    """What a rule lets happen beside the change of state."""

    ASK_OWNER = "send RRefForkRequest"
    ACCEPT_CHILD = "send RRefChildAccept"
    DELETE = "send RRefUserDelete"
    STOP_COUNTING = "stop counting the fork"
    RETURN = "send RemoteRet"
    ANSWER_WITH_ERROR = "send the error"
    WAIT = "keep the fetch"
    WANT_VALUE = "tell ValueWanted"
    TELL_CONFIRMED = "tell Confirmed"
    TELL_ENDED = "tell Ended"


# A user's fork.


class ForkState(Word):
    """What a user knows of a fork. None in the table: it has no row for the fork."""

    UNSENT = "unsent"  # its identifiers are made, and the remote call is not sent
    CALLED = "called"  # the remote call is sent
    ASKED = "asked"  # the RRefForkRequest is sent
    CONFIRMED = "confirmed"  # the owner counts it
    REFUSED = "refused"  # an error answered the remote call: the owner does not count it


class ForkEvent(Word):
    """What happens to a user's fork."""

    CREATE = "createUserRRef"
    CALL = "the remote call is sent"
    CALL_UNSENT = "the remote call was not sent"
    COME_FROM_OWNER = "it comes from the owner"
    COME_FROM_USER = "it comes from a user"
    CALL_RETURNED = "RemoteRet comes"
    CALL_REFUSED = "an error comes"
    ACKNOWLEDGED = "RRefAck comes"
    FORK = "prepareChildFork"
    FETCH = "fetch"
    LET_GO = "nothing needs it"


class ForkRule(NamedTuple):
    """The state that follows, and what happens."""

    state: ForkState | None
    actions: tuple[Action, ...] = ()


# LET_GO happens when nothing needs the fork: the program has dropped it, the child of each fork
# that was made of it is accepted, and no fetch that relies on it awaits its answer.
FORK_RULES: dict[tuple[ForkState | None, ForkEvent], ForkRule] = {
    (None, ForkEvent.CREATE): ForkRule(ForkState.UNSENT),
    (None, ForkEvent.COME_FROM_USER): ForkRule(ForkState.ASKED, (Action.ASK_OWNER,)),
    (None, ForkEvent.COME_FROM_OWNER): ForkRule(ForkState.CONFIRMED),
    (ForkState.UNSENT, ForkEvent.CALL): ForkRule(ForkState.CALLED),
    (ForkState.UNSENT, ForkEvent.LET_GO): ForkRule(None),
    (ForkState.CALLED, ForkEvent.CALL_UNSENT): ForkRule(ForkState.UNSENT),
    (ForkState.CALLED, ForkEvent.CALL_RETURNED): ForkRule(
        ForkState.CONFIRMED, (Action.TELL_CONFIRMED,)
    ),
    (ForkState.CALLED, ForkEvent.CALL_REFUSED): ForkRule(ForkState.REFUSED),
    (ForkState.ASKED, ForkEvent.ACKNOWLEDGED): ForkRule(
        ForkState.CONFIRMED, (Action.ACCEPT_CHILD, Action.TELL_CONFIRMED)
    ),
    # A ForkId that comes again is the same fork.
    (ForkState.ASKED, ForkEvent.COME_FROM_USER): ForkRule(ForkState.ASKED),
    (ForkState.CONFIRMED, ForkEvent.COME_FROM_USER): ForkRule(ForkState.CONFIRMED),
    (ForkState.CONFIRMED, ForkEvent.COME_FROM_OWNER): ForkRule(ForkState.CONFIRMED),
    # A fork that is not confirmed may be used, and must not end.
    (ForkState.CALLED, ForkEvent.FORK): ForkRule(ForkState.CALLED),
    (ForkState.CALLED, ForkEvent.FETCH): ForkRule(ForkState.CALLED),
    (ForkState.ASKED, ForkEvent.FORK): ForkRule(ForkState.ASKED),
    (ForkState.ASKED, ForkEvent.FETCH): ForkRule(ForkState.ASKED),
    (ForkState.CONFIRMED, ForkEvent.FORK): ForkRule(ForkState.CONFIRMED),
    (ForkState.CONFIRMED, ForkEvent.FETCH): ForkRule(ForkState.CONFIRMED),
    (ForkState.CONFIRMED, ForkEvent.LET_GO): ForkRule(None, (Action.DELETE,)),
    (ForkState.REFUSED, ForkEvent.LET_GO): ForkRule(None),
}


# An owner's RRef.


class RRefState(Word):
    """What an owner knows of the value of an RRef. None in the table: it has no row for it."""

    NAMED = "named"  # a message names it that overtook the remote call
    MADE = "made"  # the program made it and has not set the value
    CALLED = "called"  # a remote call to itself is sent
    RUNNING = "running"  # the remote call has come, and the program calls the function
    READY = "ready"  # it has a value
    FAILED = "failed"  # it has an error in place of the value


class RRefEvent(Word):
    """What happens to an owner's RRef."""

    CREATE = "createOwnerRRef"
    NAME = "a message names it"
    CALL = "the remote call is sent"
    CALL_UNSENT = "the remote call was not sent"
    CALL_CAME = "the remote call comes"
    CALL_CAME_AGAIN = "the remote call comes again"
    SET_VALUE = "setValue"
    SET_ERROR = "setError"
    FETCH_CAME = "a fetch comes"
    LET_GO = "nothing needs it"


class RRefRule(NamedTuple):
    """The state that follows, and what happens."""

    state: RRefState | None
    actions: tuple[Action, ...] = ()


# LET_GO happens when nothing needs the RRef: no fork is counted, no fetch waits, and the program
# has dropped it. Where there is no row, NAME happens before what else a message brings.
# After SET_VALUE and SET_ERROR, FETCH_CAME happens again for each fetch that was kept.
RREF_RULES: dict[tuple[RRefState | None, RRefEvent], RRefRule] = {
    (None, RRefEvent.CREATE): RRefRule(RRefState.MADE),
    (None, RRefEvent.NAME): RRefRule(RRefState.NAMED),
    (RRefState.NAMED, RRefEvent.CALL_CAME): RRefRule(RRefState.RUNNING),
    (RRefState.NAMED, RRefEvent.LET_GO): RRefRule(None),
    (RRefState.MADE, RRefEvent.CALL): RRefRule(RRefState.CALLED),
    (RRefState.MADE, RRefEvent.SET_VALUE): RRefRule(RRefState.READY),
    (RRefState.MADE, RRefEvent.SET_ERROR): RRefRule(RRefState.FAILED),
    (RRefState.MADE, RRefEvent.LET_GO): RRefRule(None),
    (RRefState.CALLED, RRefEvent.CALL_UNSENT): RRefRule(RRefState.MADE),
    (RRefState.CALLED, RRefEvent.CALL_CAME): RRefRule(RRefState.RUNNING),
    # A row without LET_GO stays: what the program was asked to do, it can always do.
    (RRefState.RUNNING, RRefEvent.SET_VALUE): RRefRule(RRefState.READY, (Action.RETURN,)),
    (RRefState.RUNNING, RRefEvent.SET_ERROR): RRefRule(RRefState.FAILED, (Action.RETURN,)),
    (RRefState.RUNNING, RRefEvent.CALL_CAME_AGAIN): RRefRule(RRefState.RUNNING),
    (RRefState.READY, RRefEvent.CALL_CAME_AGAIN): RRefRule(RRefState.READY, (Action.RETURN,)),
    (RRefState.FAILED, RRefEvent.CALL_CAME_AGAIN): RRefRule(RRefState.FAILED, (Action.RETURN,)),
    (RRefState.READY, RRefEvent.LET_GO): RRefRule(None, (Action.TELL_ENDED,)),
    (RRefState.FAILED, RRefEvent.LET_GO): RRefRule(None, (Action.TELL_ENDED,)),
    # A fetch waits for the value. So does what a failed remote call has in its place.
    (RRefState.NAMED, RRefEvent.FETCH_CAME): RRefRule(RRefState.NAMED, (Action.WAIT,)),
    (RRefState.MADE, RRefEvent.FETCH_CAME): RRefRule(RRefState.MADE, (Action.WAIT,)),
    (RRefState.CALLED, RRefEvent.FETCH_CAME): RRefRule(RRefState.CALLED, (Action.WAIT,)),
    (RRefState.RUNNING, RRefEvent.FETCH_CAME): RRefRule(RRefState.RUNNING, (Action.WAIT,)),
    (RRefState.READY, RRefEvent.FETCH_CAME): RRefRule(RRefState.READY, (Action.WANT_VALUE,)),
    (RRefState.FAILED, RRefEvent.FETCH_CAME): RRefRule(
        RRefState.FAILED, (Action.ANSWER_WITH_ERROR,)
    ),
}


# An RRef in a value that has come.


class Way(NamedTuple):
    """From whom to whom an RRef is passed on."""

    parent_is_owner: bool
    receiver_is_owner: bool


# An owner needs no fork of its own RRef. A user begins one, by the table of forks.
ACCEPTING: dict[Way, Action | ForkEvent] = {
    Way(parent_is_owner=True, receiver_is_owner=True): Action.STOP_COUNTING,
    Way(parent_is_owner=False, receiver_is_owner=True): Action.ACCEPT_CHILD,
    Way(parent_is_owner=True, receiver_is_owner=False): ForkEvent.COME_FROM_OWNER,
    Way(parent_is_owner=False, receiver_is_owner=False): ForkEvent.COME_FROM_USER,
}


# Requests and responses. Each request can also be answered with a RemoteException.

ANSWER_OF: dict[type[RpcCommandBase], type[RpcCommandBase]] = {
    ScriptCall: ScriptResp,
    PythonCall: PythonResp,
    ScriptRemoteCall: RemoteRet,
    PythonRemoteCall: RemoteRet,
    ScriptRRefFetchCall: ScriptRRefFetchRet,
    PythonRRefFetchCall: PythonRRefFetchRet,
    RRefForkRequest: RRefAck,
    RRefChildAccept: RRefAck,
    RRefUserDelete: RRefAck,
}
FETCH_CALLS = (ScriptRRefFetchCall, PythonRRefFetchCall)
