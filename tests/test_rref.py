"""The nine messages of rref_proto.h, with its names and its rules."""

from __future__ import annotations

from typing import Any

import pytest

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
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    fromMessage,
    libtorch,
)
from rref_proto.v1 import message_pb2

from captures import rows
from one_of_each import FORK, ONE_OF_EACH, PICKLE, RREF, VALUE


def raw(**body: Any) -> Message:
    """Return a message of a peer that does not use this library."""
    return Message.FromString(message_pb2.Message(**body).SerializeToString())


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


def test_a_base_class_refuses_a_message_of_another_class() -> None:
    for command in ONE_OF_EACH:
        message = Message.FromString(command.toMessage().SerializeToString())
        if isinstance(command, ForkMessageBase):
            for base in (ForkMessageBase, type(command).__mro__[1]):
                assert base.fromMessage(message) == command  # type: ignore[attr-defined]
        else:
            with pytest.raises(MessageTypeError, match="expected a ForkMessageBase"):
                ForkMessageBase.fromMessage(message)


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
