"""Payloads of the calls: those of libtorch are read, and calls are written as libtorch does."""

from __future__ import annotations

import pytest

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Message,
    MessageType,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    RpcCommandBase,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    SerializedPyObj,
    Tensor,
    fromMessage,
    libtorch,
)

from captures import CallRow, MalformedCall, call_rows, malformed_calls
from nesting import deepest
from one_of_each import ADD, FORK, FUNCTION, RREF

ROWS = call_rows()


def name_of(row: CallRow) -> str:
    return f"{type(row.row.command).__name__}-{row.row.payload.hex()[-40:]}"


def read(row: CallRow) -> Message:
    return libtorch.from_payload(row.row.type, row.row.payload, row.row.tensors)


def written(command: RpcCommandBase) -> libtorch.NativeMessage:
    return libtorch.to_payload(command.toMessage())


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_reads_what_libtorch_reads(row: CallRow) -> None:
    message = read(row)
    assert message.type == row.row.type
    assert fromMessage(message) == row.row.command


# These functions return an object, and still hold a part of it; or they return one value in two
# places. libtorch writes a memo mark, and a reference to it. A message does not tell of either.
SHARED = {"obj", "objs", "shared", "shared_dict"}

USUAL = [row for row in ROWS if row.value_held and row.rref_held and row.row.made_by not in SHARED]


def test_most_rows_are_usual() -> None:
    assert (len(ROWS), len(USUAL)) == (333, 312)


@pytest.mark.parametrize("row", USUAL, ids=name_of)
def test_writes_what_libtorch_writes(row: CallRow) -> None:
    for native in (written(row.row.command), libtorch.to_payload(read(row))):
        assert native.type == row.row.type
        assert native.payload == row.row.payload
        assert native.tensors == row.row.tensors


@pytest.mark.parametrize("row", [row for row in ROWS if row.row.made_by in SHARED], ids=name_of)
def test_the_parts_of_a_value_are_written_one_by_one(row: CallRow) -> None:
    native = libtorch.to_payload(read(row))
    assert native.payload != row.row.payload
    assert native.payload == written(row.row.command).payload
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == row.row.command


@pytest.mark.parametrize("row", [row for row in ROWS if not row.value_held], ids=name_of)
def test_the_value_of_a_response_is_written_as_held(row: CallRow) -> None:
    assert isinstance(row.row.command, ScriptResp)
    native = written(row.row.command)
    if row.rref_held and native.payload != row.row.payload:
        # A BINPUT and its index are before STOP.
        assert native.payload[:-3] + native.payload[-1:] == row.row.payload
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == row.row.command


@pytest.mark.parametrize("row", [row for row in ROWS if not row.rref_held], ids=name_of)
def test_rrefs_are_written_as_held(row: CallRow) -> None:
    native = written(row.row.command)
    assert native.payload.count(b"q") >= row.row.payload.count(b"q")
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == row.row.command


# Only PyTorch has a table of its operators, and each version has another.
LAXER = {"SC op, unknown schema", "SC op, schema with one space more"}
# libtorch's own writer gives every list and dict a type.
STRICTER = {"SR plain list, no type tag", "SR plain dict"}


@pytest.mark.parametrize("row", malformed_calls(), ids=lambda row: row.case)
def test_refuses_what_libtorch_refuses(row: MalformedCall) -> None:
    taken = row.taken != (row.case in LAXER | STRICTER)
    if taken:
        libtorch.from_payload(row.type, row.payload)
    else:
        with pytest.raises(DecodeError):
            libtorch.from_payload(row.type, row.payload)


def test_the_name_of_an_operator_is_kept() -> None:
    for name in ("torch.ops.aten.", "torch.ops.aten.other", "torch.ops.aten.é x"):
        call = ScriptCall(type(ADD)(ADD.schema, name), [])
        assert fromMessage(libtorch.from_payload(0x100, written(call).payload)) == call


def test_an_argument_before_the_schema_is_no_flag() -> None:
    call = ScriptCall(ADD, [IValue.from_python(True)])
    again = fromMessage(libtorch.from_payload(0x100, written(call).payload))
    assert again == call
    assert not call.is_async_execution


def test_the_identifiers_of_a_script_call_have_no_marks() -> None:
    remote = ScriptRemoteCall("f", [], RRefId(1, 2), ForkId(1, 2))
    assert written(remote).payload.endswith(
        b"X\x01\x00\x00\x00fq\x00K\x01K\x02\x86K\x01K\x02\x86t."
    )
    python = PythonRemoteCall(SerializedPyObj(b"N."), RRefId(1, 2), ForkId(1, 2), False)
    assert written(python).payload.endswith(b"N.q\x00K\x01K\x02\x86q\x01K\x01K\x02\x86q\x02\x89t.")


def test_a_tensor_twice_is_one_row_where_the_payload_refers_to_it() -> None:
    tensor = Tensor(ScalarType.uint8, [1], b"x")
    python = SerializedPyObj(b"N.", (tensor, tensor))
    remote = written(PythonRemoteCall(python, RREF, FORK, False))
    assert remote.tensors == (tensor,)
    again = libtorch.from_payload(remote.type, remote.payload, remote.tensors)
    assert fromMessage(again) == PythonRemoteCall(python, RREF, FORK, False)
    for command in (PythonCall(python, False), PythonResp(python)):
        native = written(command)
        assert native.tensors == (tensor, tensor)
        message = libtorch.from_payload(native.type, native.payload, native.tensors)
        assert fromMessage(message) == command
        assert message.tensors == (tensor,)


def test_an_rref_twice_in_a_call_is_one_fork() -> None:
    rref = IValue("rref_value", RRefForkData(0, RREF, FORK, 2, "Tensor"))
    native = written(ScriptCall(FUNCTION, [rref, rref]))
    assert native.payload.count(b"torch.distributed.rpc") == 1
    assert fromMessage(libtorch.from_payload(0x100, native.payload)) == ScriptCall(
        FUNCTION, [rref, rref]
    )


def test_the_tensors_of_an_exception_are_left_out() -> None:
    tensor = Tensor(ScalarType.uint8, [1], b"x")
    message = libtorch.from_payload(MessageType.EXCEPTION, b"RPCErr:1:", [tensor])
    assert fromMessage(message) == RemoteException("RPCErr:1:")
    assert message.tensors == ()


def test_an_error_says_where() -> None:
    # The values are: True, "f", (1, 2), and (1, "z").
    payload = b"\x80\x02(\x88X\x01\x00\x00\x00fK\x01K\x02\x86K\x01X\x01\x00\x00\x00z\x86t."
    with pytest.raises(DecodeError) as caught:
        libtorch.from_payload(MessageType.SCRIPT_REMOTE_CALL, payload)
    assert str(caught.value) == (
        "ScriptRemoteCall.ForkId: expected a tuple of two ints, got int_value, string_value"
    )


def test_the_deepest_argument_is_written_and_read() -> None:
    value = deepest()
    for command in (
        ScriptCall("f", [value]),
        ScriptResp(value),
        ScriptRemoteCall("f", [value], RREF, FORK),
    ):
        native = written(command)
        assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command
        one_more = native.payload.replace(b"K\x01\x85", b"K\x01\x85\x85", 1)
        with pytest.raises(DecodeError, match="expected at most 96 levels"):
            libtorch.from_payload(native.type, one_more)
