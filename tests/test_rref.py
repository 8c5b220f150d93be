"""The nine messages of the RRef protocol, with the names and the rules of rref_proto.h."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given

import rref_proto
from rref_proto import (
    DecodeError,
    EncodeError,
    ForkId,
    ForkMessageBase,
    IValue,
    Message,
    MessageType,
    MessageTypeError,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefFetchRet,
    RRefForkRequest,
    RRefId,
    RRefMessageBase,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    fromMessage,
    libtorch,
)
from rref_proto.v1 import message_pb2

from captures import rows
from strategies import commands, messages

RREF, FORK = RRefId(1, 12345), ForkId(2, 67890)
VALUE = IValue.from_python({"w": Tensor(ScalarType.int8, [2], b"ab"), "b": None}, "Dict[str, Any]")
PICKLE = SerializedPyObj(b"\x80\x04N.", (Tensor(ScalarType.bool, [], b"\x01"),))

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
]
each = pytest.mark.parametrize("command", ONE_OF_EACH, ids=lambda each: type(each).__name__)


def raw(**body: Any) -> Message:
    """Return a message of a peer that does not use this library."""
    return Message.FromString(message_pb2.Message(**body).SerializeToString())


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
    for name in ("rref_id", "fork_id", "from_worker_id", "_values", "other"):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            setattr(command, name, RREF)


def test_messages_of_equal_fields_and_other_types_differ() -> None:
    assert RRefUserDelete(RREF, FORK) == RRefUserDelete(RREF, FORK)
    assert RRefUserDelete(RREF, FORK) != RemoteRet(RREF, FORK)
    assert ScriptRRefFetchCall(1, RREF) != PythonRRefFetchCall(1, RREF)


def test_matches_by_position() -> None:
    match RRefUserDelete(RREF, FORK):
        case RRefUserDelete(RRefId(1, number), ForkId(parent, _)):
            assert (number, parent) == (12345, 2)
        case _:
            pytest.fail("the pattern did not match")
    match ScriptRRefFetchCall(3, RREF):
        case ScriptRRefFetchCall(worker, rref_id):
            assert (worker, rref_id) == (3, RREF)
        case _:
            pytest.fail("the pattern did not match")
    match ScriptRRefFetchRet([VALUE]):
        case ScriptRRefFetchRet((value,)):
            assert value == VALUE
        case _:
            pytest.fail("the pattern did not match")


def test_has_the_accessors_and_bases_of_the_header() -> None:
    delete, call = RRefUserDelete(RREF, FORK), PythonRRefFetchCall(3, RREF)
    assert (delete.rrefId(), delete.forkId()) == (RREF, FORK)
    assert (call.fromWorkerId(), call.rrefId()) == (3, RREF)
    assert RRefChildAccept(FORK).forkId() == FORK
    assert ScriptRRefFetchRet([VALUE]).values() == (VALUE,)
    assert issubclass(RRefUserDelete, ForkMessageBase)
    assert issubclass(ForkMessageBase, RRefMessageBase)
    assert issubclass(PythonRRefFetchRet, RRefFetchRet)
    assert all(isinstance(command, RpcCommandBase) for command in ONE_OF_EACH)


def test_the_ids_of_a_row_that_are_zero_are_there() -> None:
    zeros = [row.command for row in rows() if getattr(row.command, "rref_id", 0) == RRefId(0, 0)]
    assert zeros
    for command in zeros:
        assert fromMessage(Message.FromString(command.toMessage().SerializeToString())) == command


MISSING = {
    "rref_user_delete.rref_id": {"rref_user_delete": {"fork_id": {"created_on": 1}}},
    "remote_ret.fork_id": {"remote_ret": {"rref_id": {"created_on": 1}}},
    "rref_fork_request.rref_id": {"rref_fork_request": {}},
    "rref_child_accept.fork_id": {"rref_child_accept": {}},
    "script_rref_fetch_call.rref_id": {"script_rref_fetch_call": {"from_worker_id": 3}},
    "python_rref_fetch_call.rref_id": {"python_rref_fetch_call": {}},
}


@pytest.mark.parametrize(("where", "body"), MISSING.items())
def test_says_which_id_is_missing(where: str, body: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=f"^{where}: expected an (RRefId|ForkId), found none$"):
        fromMessage(raw(**body))


OK = {"created_on": 1, "local_id": 1}
OUT_OF_RANGE = {
    "rref_user_delete.rref_id.created_on": {"rref_id": {"created_on": 32768}, "fork_id": OK},
    "rref_fork_request.fork_id.created_on": {"rref_id": OK, "fork_id": {"created_on": -32769}},
    "rref_child_accept.fork_id.created_on": {"fork_id": {"created_on": 2**31 - 1}},
    "script_rref_fetch_call.ScriptRRefFetchCall.from_worker_id": {
        "from_worker_id": -(2**31),
        "rref_id": OK,
    },
}


@pytest.mark.parametrize(("where", "body"), OUT_OF_RANGE.items())
def test_says_which_number_is_out_of_range(where: str, body: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=f"^{where}: expected an integer from -32768 to 32767"):
        fromMessage(raw(**{where.split(".", maxsplit=1)[0]: body}))


def test_refuses_ids_of_another_type() -> None:
    for cls in (RRefUserDelete, RemoteRet, RRefForkRequest):
        with pytest.raises(TypeError, match="rref_id: expected RRefId, got ForkId"):
            cls(FORK, FORK)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="fork_id: expected ForkId, got tuple"):
            cls(RREF, (1, 2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected"):
        ScriptRRefFetchCall("3", RREF)  # type: ignore[arg-type]
    with pytest.raises(EncodeError):
        ScriptRRefFetchCall(32768, RREF)
    with pytest.raises(TypeError, match="expected"):
        RRefChildAccept(RREF)  # type: ignore[arg-type]


def test_a_script_return_brings_exactly_one_value() -> None:
    for values in ([], [VALUE, VALUE]):
        with pytest.raises(EncodeError, match="exactly one"):
            ScriptRRefFetchRet(values)
    with pytest.raises(DecodeError, match=r"script_rref_fetch_ret.values: expected exactly one"):
        fromMessage(raw(script_rref_fetch_ret={}))
    with pytest.raises(TypeError, match="expected"):
        ScriptRRefFetchRet([3])  # type: ignore[list-item]


def test_a_python_return_brings_tensors_and_a_pickle() -> None:
    for values in ([], [IValue.from_python(3)], [VALUE, IValue.from_python(b"\xff")]):
        with pytest.raises(EncodeError):
            PythonRRefFetchRet(values)
    assert SerializedPyObj.fromIValues(PythonRRefFetchRet(PICKLE.toIValues()).values()) == PICKLE


def test_a_body_of_a_later_version_is_unknown() -> None:
    message = Message.FromString(b"\xca\x01\x00")  # field 25
    assert message.type is MessageType.UNKNOWN
    with pytest.raises(MessageTypeError, match="UNKNOWN"):
        fromMessage(message)


def test_a_value_larger_than_a_message_is_refused_before_it_is_written() -> None:
    value = IValue.from_python("x" * (1 << 20))
    for _ in range(12):
        value = IValue("tuple_value", (value, value))
    with pytest.raises(EncodeError, match="at most 2147483647 bytes"):
        ScriptRRefFetchRet([value]).toMessage()


def test_threads_that_send_do_not_mix_messages() -> None:
    def send(number: int) -> bool:
        command = RRefUserDelete(RRefId(1, number), ForkId(2, number))
        wire = command.toMessage().with_id(number).SerializeToString()
        message = Message.FromString(wire)
        return fromMessage(message) == command and message.id == number

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, range(2000)))


def test_a_base_class_reads_a_message_of_any_of_its_classes() -> None:
    for command in ONE_OF_EACH:
        message = Message.FromString(command.toMessage().SerializeToString())
        assert RpcCommandBase.fromMessage(message) == command
        if isinstance(command, ForkMessageBase):
            assert ForkMessageBase.fromMessage(message) == command
        else:
            with pytest.raises(MessageTypeError, match="expected a ForkMessageBase"):
                ForkMessageBase.fromMessage(message)


def test_refuses_what_is_not_a_message() -> None:
    for cls in (RRefUserDelete, RRefAck, RpcCommandBase):
        with pytest.raises(TypeError, match="expected Message, got NoneType"):
            cls.fromMessage(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected Message, got int"):
        fromMessage(5)  # type: ignore[arg-type]


class Delete(RRefUserDelete):
    """A subclass of a program's own."""

    __slots__ = ()


def test_a_subclass_of_a_program_is_sent_as_its_class() -> None:
    delete = Delete(RRefId(0, 1), ForkId(0, 2))
    plain = RRefUserDelete(RRefId(0, 1), ForkId(0, 2))
    assert delete.toMessage() == plain.toMessage()
    assert libtorch.to_payload(delete.toMessage()) == libtorch.to_payload(plain.toMessage())
    assert RRefUserDelete.fromMessage(delete.toMessage()) is delete
    wire = plain.toMessage().SerializeToString()
    assert type(Delete.fromMessage(Message.FromString(wire))) is Delete
    with pytest.raises(MessageTypeError, match="expected a Delete, got a RRefUserDelete"):
        Delete.fromMessage(plain.toMessage())


@pytest.mark.parametrize("command", [RRefUserDelete(RRefId(0, 1), ForkId(0, 2)), RRefAck()])
def test_a_subclass_of_message_is_read_as_a_message(command: RpcCommandBase) -> None:
    class Envelope(Message):
        __slots__ = ()

    message = Envelope.FromString(command.toMessage().SerializeToString())
    assert type(message) is Envelope
    assert type(command).fromMessage(message) == command
    assert fromMessage(message) == command


def test_what_only_looks_like_a_message_is_refused() -> None:
    class Lookalike:
        _command = None
        _proto = RRefUserDelete(RRefId(0, 1), ForkId(0, 2)).toMessage().proto

    with pytest.raises(TypeError, match="expected Message, got Lookalike"):
        RRefUserDelete.fromMessage(Lookalike())  # type: ignore[arg-type]
