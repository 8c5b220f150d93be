"""What all classes that have a message can do."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given

import rref_proto
from rref_proto import (
    ForkId,
    Message,
    MessageTypeError,
    RpcCommandBase,
    RRefAck,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    fromMessage,
)

from one_of_each import ONE_OF_EACH, RREF
from strategies import commands, messages

each = pytest.mark.parametrize("command", ONE_OF_EACH, ids=lambda each: type(each).__name__)


@each
def test_survives_the_wire(command: RpcCommandBase) -> None:
    wire = command.toMessage().SerializeToString()
    assert type(command).fromMessage(Message.FromString(wire)) == command
    assert fromMessage(Message.FromString(wire)) == command


@each
def test_refuses_a_message_of_another_type(command: RpcCommandBase) -> None:
    for other in ONE_OF_EACH:
        wire = Message.FromString(other.toMessage().SerializeToString())
        for message in (other.toMessage(), wire):
            if type(other) is not type(command):
                with pytest.raises(MessageTypeError, match=f"got {message.type.name}"):
                    type(command).fromMessage(message)


@given(commands)
def test_any_command_survives_the_wire(command: RpcCommandBase) -> None:
    wire = command.toMessage().SerializeToString()
    again = fromMessage(Message.FromString(wire))
    assert again == command
    assert hash(again) == hash(command)
    assert again.toMessage().SerializeToString() == wire


@given(messages)
def test_writes_the_bytes_that_the_generated_code_writes(message: Message) -> None:
    assert message.SerializeToString() == message.proto.SerializeToString()


@each
def test_a_repr_makes_the_object_again(command: RpcCommandBase) -> None:
    assert eval(repr(command), vars(rref_proto)) == command
    message = command.toMessage().with_id(9)
    assert eval(repr(message), vars(rref_proto)) == message


@each
def test_copies_are_equal(command: RpcCommandBase) -> None:
    assert copy.deepcopy(command) == command
    assert pickle.loads(pickle.dumps(command)) == command


@each
def test_nothing_can_be_changed(command: RpcCommandBase) -> None:
    fields = getattr(type(command), "__match_args__", ())
    for name in (*fields, "other"):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            setattr(command, name, RREF)


@each
def test_matches_by_position(command: RpcCommandBase) -> None:
    fields = [getattr(command, name) for name in getattr(type(command), "__match_args__", ())]
    assert type(command)(*fields) == command


@pytest.mark.parametrize("cls", [RRefUserDelete, RRefAck, ScriptCall, RpcCommandBase])
def test_refuses_what_is_not_a_message(cls: type[RpcCommandBase]) -> None:
    with pytest.raises(TypeError, match="expected Message, got NoneType"):
        cls.fromMessage(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected Message, got int"):
        fromMessage(5)  # type: ignore[arg-type]


def test_a_base_class_reads_a_message_of_any_of_its_classes() -> None:
    for command in ONE_OF_EACH:
        for message in (
            command.toMessage(),
            Message.FromString(command.toMessage().SerializeToString()),
        ):
            assert RpcCommandBase.fromMessage(message) == command


def test_threads_that_send_do_not_mix_messages() -> None:
    def send(number: int) -> bool:
        command = RRefUserDelete(RRefId(1, number), ForkId(2, number))
        wire = command.toMessage().with_id(number).SerializeToString()
        message = Message.FromString(wire)
        return fromMessage(message) == command and message.id == number

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, range(2000)))
