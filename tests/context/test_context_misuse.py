"""What a program may not do: an error, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import (
    EncodeError,
    ForkId,
    LocalProtocolError,
    PythonCall,
    PythonResp,
    RRefAck,
    RRefContext,
    RRefForkData,
    RRefId,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchRet,
)
from rref_proto.context import OwnerRRef, Send, UserRRef

from scene import (
    CALL,
    ERROR,
    NOTHING,
    UNREADABLE,
    Scene,
    fields,
    like,
    state_of,
)
from workers import CREATOR, FUNCTION, OTHER, OWNER, arguments, remote_call

# What the program may not do. The context is that of the creator.
MISUSES: dict[str, Callable[[Scene], Any]] = {
    "create a user's RRef on oneself": lambda s: s.creator.createUserRRef(CREATOR, "int"),
    "drop what was dropped": lambda s: s.creator.drop(s.dropped),
    "drop what was dropped and is still there": lambda s: s.creator.drop(s.let_go),
    "drop an own RRef that was dropped and is still there": lambda s: s.creator.drop(s.own_let_go),
    "drop what another worker holds": lambda s: s.creator.drop(OwnerRRef(OWNER, s.own.rref_id, "")),
    "drop what was never there": lambda s: s.creator.drop(OwnerRRef(CREATOR, RRefId(9, 9), "")),
    "drop another fork": lambda s: s.creator.drop(
        UserRRef(OTHER, s.rref.rref_id, s.rref.fork_id, "int")
    ),
    "pass on what was dropped": lambda s: s.creator.prepareChildFork(s.dropped, OTHER),
    "pass on what is not sent": lambda s: s.creator.prepareChildFork(s.unsent, OTHER),
    "pass on what was refused": lambda s: s.creator.prepareChildFork(s.refused, OTHER),
    "pass on what is not owned": lambda s: s.creator.prepareChildFork(
        OwnerRRef(CREATOR, RRefId(CREATOR, 999), "int"), OTHER
    ),
    "fetch what was dropped": lambda s: s.creator.fetch(s.dropped),
    "fetch what is not sent": lambda s: s.creator.fetch(s.unsent),
    "fetch what was refused": lambda s: s.creator.fetch(s.refused),
    "send a fork to another worker": lambda s: s.creator.call(
        OWNER, ScriptCall(FUNCTION, arguments(s.fork))
    ),
    "send a fork twice": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(s.sent_fork))
    ),
    "send a fork that the context did not make": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(like(s.fork, ForkId(CREATOR, 999))))
    ),
    "send a fork with another type": lambda s: s.creator.call(
        OTHER, ScriptCall(FUNCTION, arguments(RRefForkData(*fields(s.fork)[:4], "str")))
    ),
    "send a pickle that cannot be read": lambda s: s.creator.call(
        OTHER, PythonCall(UNREADABLE, False)
    ),
    "create an RRef with other identifiers": lambda s: s.creator.call(
        OWNER, ScriptRemoteCall(FUNCTION, [], RRefId(CREATOR, 999), ForkId(CREATOR, 998))
    ),
    "create an RRef on another worker": lambda s: s.creator.call(OTHER, remote_call(s.unsent)),
    "create an RRef twice": lambda s: s.creator.call(OWNER, s.called.command),
    "create an RRef for oneself with other identifiers": lambda s: s.creator.call(
        CREATOR,
        ScriptRemoteCall(FUNCTION, [], s.own_unset.rref_id, ForkId(CREATOR, 999)),
    ),
    "create an RRef for oneself that has a value": lambda s: s.creator.call(
        CREATOR, remote_call(s.own)
    ),
    "create an RRef for oneself that is not there": lambda s: s.creator.call(
        CREATOR, remote_call(OwnerRRef(CREATOR, RRefId(CREATOR, 999), "int"))
    ),
    "cancel a fork that is sent": lambda s: s.creator.cancelChildFork(s.sent_fork),
    "cancel a fork with another type": lambda s: s.creator.cancelChildFork(
        RRefForkData(*fields(s.fork)[:4], "str")
    ),
    "cancel a fork of another worker": lambda s: s.creator.cancelChildFork(
        like(s.fork, ForkId(OTHER, 999))
    ),
    "set a value twice": lambda s: s.creator.setValue(s.own.rref_id),
    "set an error after the value": lambda s: s.creator.setError(s.own.rref_id, ERROR),
    "set the value of an RRef that a fetch named": lambda s: s.creator.setValue(s.waiting),
    "set the value of another worker's RRef": lambda s: s.creator.setValue(s.rref.rref_id),
    "answer what nobody asked": lambda s: s.creator.answer(OTHER, 999, ScriptResp(NOTHING)),
    "answer another worker": lambda s: s.creator.answer(OWNER, 50, ScriptResp(NOTHING)),
    "answer with a wrong message": lambda s: s.creator.answer(OTHER, 50, RRefAck()),
    "answer a fetch before the value is set": lambda s: s.creator.answer(
        OTHER, 52, ScriptRRefFetchRet([NOTHING])
    ),
    "answer with a fork for another worker": lambda s: s.creator.answer(
        OTHER, 50, ScriptResp(*arguments(s.fork_for_owner))
    ),
    "answer with a pickle that cannot be read": lambda s: s.creator.answer(
        OTHER, 51, PythonResp(UNREADABLE)
    ),
    "abandon what awaits no answer": lambda s: s.creator.abandon(Send(OTHER, 999, CALL)),
    "unsend what awaits no answer": lambda s: s.creator.unsend(Send(OTHER, 999, CALL)),
    "unsend another request": lambda s: s.creator.unsend(s.sent._replace(command=CALL)),
}


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_a_misuse_is_an_error_and_changes_nothing(misuse: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(LocalProtocolError, match=r"expected|not allowed"):
        misuse(scene)
    assert state_of(scene.creator) == before


ANY: Any = object()
WRONG_TYPES: list[Callable[[Scene], Any]] = [
    lambda _: RRefContext(ANY),
    lambda s: s.creator.createUserRRef(ANY, "int"),
    lambda s: s.creator.createUserRRef(OWNER, ANY),
    lambda s: s.creator.createOwnerRRef(ANY),
    lambda s: s.creator.prepareChildFork(ANY, OTHER),
    lambda s: s.creator.prepareChildFork(s.rref, ANY),
    lambda s: s.creator.cancelChildFork(ANY),
    lambda s: s.creator.drop(ANY),
    lambda s: s.creator.call(ANY, CALL),
    lambda s: s.creator.call(OTHER, ANY),
    lambda s: s.creator.fetch(ANY),
    lambda s: s.creator.answer(ANY, 50, ERROR),
    lambda s: s.creator.answer(OTHER, ANY, ERROR),
    lambda s: s.creator.answer(OTHER, 50, ANY),
    lambda s: s.creator.setValue(ANY),
    lambda s: s.creator.setError(ANY, ERROR),
    lambda s: s.creator.setError(s.own_unset.rref_id, ANY),
    lambda s: s.creator.abandon(ANY),
    lambda s: s.creator.unsend(ANY),
    lambda s: s.creator.receive(ANY, 0, RRefAck()),
    lambda s: s.creator.receive(OTHER, ANY, RRefAck()),
    lambda s: s.creator.receive(OTHER, 0, RRefAck().toMessage()),  # type: ignore[arg-type]
]
OUT_OF_RANGE: list[Callable[[Scene], Any]] = [
    lambda _: RRefContext(-(2**15) - 1),
    lambda s: s.creator.createUserRRef(2**15, "int"),
    lambda s: s.creator.prepareChildFork(s.rref, 2**15),
    lambda s: s.creator.call(2**15, CALL),
    lambda s: s.creator.answer(2**15, 50, ERROR),
    lambda s: s.creator.answer(OTHER, 2**63, ERROR),
    lambda s: s.creator.receive(2**15, 0, RRefAck()),
    lambda s: s.creator.receive(OTHER, 2**63, RRefAck()),
]


@pytest.mark.parametrize("attempt", WRONG_TYPES)
def test_a_value_of_a_wrong_type_is_a_type_error(attempt: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(TypeError, match="expected"):
        attempt(scene)
    assert state_of(scene.creator) == before


@pytest.mark.parametrize("attempt", OUT_OF_RANGE)
def test_a_number_out_of_range_is_an_error(attempt: Callable[[Scene], Any]) -> None:
    scene = Scene()
    before = state_of(scene.creator)
    with pytest.raises(EncodeError, match="expected an integer"):
        attempt(scene)
    assert state_of(scene.creator) == before
