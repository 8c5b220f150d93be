"""Payloads: those of libtorch are read, and messages are written as libtorch writes them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Message,
    MessageType,
    MessageTypeError,
    RRefAck,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
    libtorch,
)
from rref_proto.v1 import message_pb2

from captures import Row, rows
from nesting import deepest
from strategies import messages

ROWS = rows()
# Rows in which libtorch marks or refers to an object that is in several places. A Message says what
# the value is, and not that two parts of it are one object: they are written one by one.
SHARED = {"shared", "shared_dict", "obj", "objs"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.payload.hex()[-40:])
def test_reads_what_libtorch_reads(row: Row) -> None:
    message = libtorch.from_payload(row.type, row.payload, row.tensors)
    assert fromMessage(message) == row.command
    assert message.type == row.type
    assert message.id is None


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.made_by not in SHARED],
    ids=lambda row: row.payload.hex()[-40:],
)
def test_writes_what_libtorch_writes(row: Row) -> None:
    native = libtorch.to_payload(libtorch.from_payload(row.type, row.payload, row.tensors))
    assert native.tensors == row.tensors
    assert native.type == row.type
    assert native.id == libtorch.NO_ID
    assert native.payload == row.payload


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.made_by in SHARED],
    ids=lambda row: row.payload.hex()[-40:],
)
def test_writes_the_parts_of_a_value_one_by_one(row: Row) -> None:
    native = libtorch.to_payload(libtorch.from_payload(row.type, row.payload, row.tensors))
    assert native.payload != row.payload
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == row.command


@pytest.mark.parametrize("row", [row for row in ROWS if not row.made_by])
def test_writes_values_that_were_made_apart(row: Row) -> None:
    wire = row.command.toMessage().SerializeToString()
    assert libtorch.to_payload(Message.FromString(wire)).payload == row.payload


@given(messages)
def test_any_message_survives(message: Message) -> None:
    assume(message.id != libtorch.NO_ID)
    native = libtorch.to_payload(message)
    again = libtorch.from_payload(native.type, native.payload, native.tensors, native.id)
    assert fromMessage(again) == fromMessage(message)
    assert again.id == message.id


def test_an_id_of_minus_one_is_libtorchs_way_to_say_that_there_is_none() -> None:
    assert libtorch.to_payload(RRefAck().toMessage()).id == -1
    assert libtorch.from_payload(0x20E, b"", (), -1).id is None
    assert libtorch.from_payload(0x20E, b"", (), 0).id == 0


@given(messages)
def test_the_same_bytes_are_written_again(message: Message) -> None:
    native = libtorch.to_payload(message)
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert libtorch.to_payload(again).payload == native.payload


def test_memo_marks_beyond_255() -> None:
    value = IValue.from_python([f"s{number}" for number in range(300)] * 2)
    native = libtorch.to_payload(ScriptRRefFetchRet([value]).toMessage())
    assert b"r\x00\x01\x00\x00" in native.payload
    assert b"j\x00\x01\x00\x00" in native.payload
    again = libtorch.from_payload(native.type, native.payload)
    assert fromMessage(again) == ScriptRRefFetchRet([value])


@pytest.mark.parametrize(("letters", "places"), [(200, 20_000), (100_000, 100), (1, 100_000)])
def test_a_text_in_many_places_is_written_once_and_read(letters: int, places: int) -> None:
    command = ScriptRRefFetchRet([IValue.from_python(["x" * letters] * places)])
    native = libtorch.to_payload(command.toMessage())
    assert len(native.payload) < letters + 5 * places + 100
    assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command


def test_a_tensor_in_a_list_and_beside_it_is_one_row() -> None:
    tensor = Tensor(ScalarType.uint8, [1], b"x")
    value = IValue.from_python((tensor, [tensor], tensor))
    native = libtorch.to_payload(ScriptRRefFetchRet([value]).toMessage())
    assert native.tensors == (tensor,)
    assert libtorch.from_payload(native.type, native.payload, native.tensors).tensors == (tensor,)


def test_the_deepest_value_is_written_and_read() -> None:
    command = ScriptRRefFetchRet([deepest()])
    native = libtorch.to_payload(command.toMessage())
    assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command


def test_bytes_after_the_end_are_ignored() -> None:
    command = RRefUserDelete(RRefId(1, 2), ForkId(3, 4))
    payload = libtorch.to_payload(command.toMessage()).payload
    assert fromMessage(libtorch.from_payload(0x10B, payload + b"trailing")) == command
    assert fromMessage(libtorch.from_payload(0x20E, b"anything")) == RRefAck()


@pytest.mark.parametrize(
    "message_type", [MessageType.BACKWARD_AUTOGRAD_REQ, MessageType.UNKNOWN, 0, 99999]
)
def test_refuses_types_that_have_no_class(message_type: int) -> None:
    with pytest.raises(MessageTypeError, match="expected a type that this version knows"):
        libtorch.from_payload(message_type, b"")


def test_refuses_messages_that_have_no_class() -> None:
    with pytest.raises(MessageTypeError, match="UNKNOWN"):
        libtorch.to_payload(Message(message_pb2.Message()))


@pytest.mark.parametrize(
    "arguments", [("267", b""), (0x10B, 3), (0x10B, "text"), (0x20A, b"", [b"no tensor"])]
)
def test_refuses_other_python_types(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match=r"expected|bytes-like object is required"):
        libtorch.from_payload(*arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected"):
        libtorch.to_payload("message")  # type: ignore[arg-type]


HEAD = b"\x80\x02"
INTLIST = b"ctorch.jit._pickle\nbuild_intlist\n"
TAG = b"ctorch.jit._pickle\nrestore_type_tag\n"
TENSOR = b"ctorch.jit._pickle\nbuild_tensor_from_id\n"
TYPE = b"X\x09\x00\x00\x00List[int]"

REFUSED = {
    "nothing": (b"", "2 more bytes"),
    "no PROTO": (b"K\x01\x85.", "protocol 2"),
    "protocol 4": (b"\x80\x04K\x01\x85.", "protocol 2"),
    "no STOP": (HEAD + b"K\x01\x85", "1 more bytes"),
    "no tuple": (HEAD + b"K\x01.", "expected a tuple, got 1"),
    "nothing on the stack": (HEAD + b".", "expected a value"),
    "two values": (HEAD + b"K\x01\x85K\x01\x85.", "one value at the end"),
    "open mark": (HEAD + b"K\x01\x85(.", "expected a value"),
    "foreign opcode": (HEAD + b"I1\n\x85.", "0x49"),
    "empty set": (HEAD + b"\x8f\x85.", "0x8f"),
    "a global": (HEAD + b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R\x85.", "os.system"),
    "builtins": (HEAD + b"cbuiltins\neval\n)R\x85.", "builtins.eval"),
    "a name that is not text": (HEAD + b"c\xff\xfe\nx\n\x85.", "UTF-8"),
    "an unfinished name": (HEAD + b"cos", "line of text"),
    "memo index not set": (HEAD + b"h\x00\x85.", "memo index"),
    "long memo index not set": (HEAD + b"j\x00\x00\x00\x7f\x85.", "memo index"),
    "memo of nothing": (HEAD + b"q\x00.", "expected a value"),
    "short long": (HEAD + b"\x8a\x01\x05\x85.", "8 bytes"),
    "untyped list": (HEAD + b"](K\x01e\x85.", "without a type"),
    "untyped list inside": (HEAD + TAG + b"](](ee" + TYPE + b"\x86R\x85.", "without a type"),
    "append to a tuple": (HEAD + b")(K\x01e\x85.", "list to append to"),
    "items of a list": (HEAD + b"](K\x01K\x02u\x85.", "dict and pairs"),
    "odd items": (HEAD + b"}(K\x01u\x85.", "dict and pairs"),
    "mark missing": (HEAD + b"]e\x85.", "MARK"),
    "tuple without mark": (HEAD + b"K\x01t.", "MARK"),
    "value below the mark": (HEAD + b"K\x01(\x85.", "expected a value"),
    "call of a number": (HEAD + b"K\x01)R\x85.", "global to call"),
    "call with a number": (HEAD + INTLIST + b"K\x01R\x85.", "tuple of arguments"),
    "too many arguments": (HEAD + INTLIST + b"(](eK\x01tR\x85.", "1 arguments"),
    "int list of text": (HEAD + INTLIST + b"(](NetR\x85.", "int only"),
    "int list of nothing": (HEAD + INTLIST + b"K\x01\x85R\x85.", "expected a list"),
    "bool in an int list": (HEAD + INTLIST + b"(](\x88etR\x85.", "int only"),
    "tag on a number": (HEAD + TAG + b"K\x01" + TYPE + b"\x86R\x85.", "a list or a dict"),
    "tag that is a number": (HEAD + TAG + b"](eK\x01\x86R\x85.", "expected text"),
    "tensor index beyond": (HEAD + TENSOR + b"(K\x07tR\x85.", "index into 0 tensors"),
    "tensor index negative": (HEAD + TENSOR + b"(J\xff\xff\xff\xfftR\x85.", "index into"),
    "tensor index of text": (HEAD + TENSOR + b"(NtR\x85.", "index into"),
    "complex of ints": (HEAD + b"cbuiltins\ncomplex\nK\x01K\x02\x86R\x85.", "two floats"),
    "device of a number": (HEAD + b"ctorch\ndevice\nK\x01\x85R\x85.", "expected text"),
    "device unknown": (HEAD + b"ctorch\ndevice\nX\x03\x00\x00\x00!!!\x85R\x85.", "cuda:3"),
    "rref of text": (HEAD + b"ctorch.distributed.rpc\nrref\n(NNNNNNNtR\x85.", "expected an int"),
    "rref out of range": (
        HEAD + b"ctorch.distributed.rpc\nrref\n(J\xff\xff\xff\x7fK\x00K\x00K\x00K\x00K\x00"
        b"X\x00\x00\x00\x00tR\x85.",
        "owner_id",
    ),
    "enum of a list": (HEAD + b"c__torch__.m\nColor\n)R\x85.", "an int, a float or a str"),
    "class that is not a name": (HEAD + b"c__torch__.m\n1x\nK\x01R\x85.", "__torch__"),
    "new object with arguments": (
        HEAD + b"c__torch__.m\nP\nK\x01\x85\x81}(ub\x85.",
        "no arguments",
    ),
    "new object of a builder": (HEAD + INTLIST + b")\x81}(ub\x85.", "expected a class"),
    "build of a number": (HEAD + b"K\x01}(ub\x85.", "expected a new object"),
    "attribute without a name": (HEAD + b"c__torch__.m\nP\n)\x81}(K\x01K\x02ub\x85.", "text"),
    "unfilled object": (HEAD + b"c__torch__.m\nP\n)\x81\x85.", "expected a value"),
    "a class itself": (HEAD + b"c__torch__.m\nP\n\x85.", "expected a value"),
    "two values where one is due": (HEAD + b"K\x01K\x02\x86.", "exactly one value"),
}


@pytest.mark.parametrize(("payload", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_libtorch_would_not_write(payload: bytes, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        libtorch.from_payload(MessageType.SCRIPT_RREF_FETCH_RET, payload)


WRONG_SHAPES = {
    "three values": HEAD + b"K\x01K\x02\x86K\x01K\x02\x86K\x03\x87.",
    "one value": HEAD + b"K\x01K\x02\x86\x85.",
    "ids of three numbers": HEAD + b"K\x01K\x02K\x03\x87K\x01K\x02\x86\x86.",
    "ids of floats": HEAD + b"G?\xf0\x00\x00\x00\x00\x00\x00K\x02\x86K\x01K\x02\x86\x86.",
    "ids that are numbers": HEAD + b"K\x01K\x02\x86.",
    "worker beyond int16": HEAD + b"J\x00\x80\x00\x00K\x02\x86K\x01K\x02\x86\x86.",
}


# Each payload is read as three messages: as a call, which has a worker id and an RRefId, as a
# delete, which has two ids of two numbers, and as an accept, which has one such id.
@pytest.mark.parametrize(
    ("name", "message_type", "problem"),
    [
        ("three values", 0x107, "expected a tuple of 2 values, got 3"),
        ("three values", 0x10B, "expected a tuple of 2 values, got 3"),
        ("three values", 0x10D, "expected a tuple of 1 values, got 3"),
        ("one value", 0x107, "expected a tuple of 2 values, got 1"),
        ("one value", 0x10B, "expected a tuple of 2 values, got 1"),
        ("ids of three numbers", 0x107, "expected a worker id, got a value of kind tuple_value"),
        (
            "ids of three numbers",
            0x10B,
            "expected a tuple of two ints, got int_value, int_value, int_value",
        ),
        ("ids of three numbers", 0x10D, "expected a tuple of 1 values, got 2"),
        ("ids of floats", 0x107, "expected a worker id, got a value of kind tuple_value"),
        ("ids of floats", 0x10B, "expected a tuple of two ints, got double_value, int_value"),
        ("ids of floats", 0x10D, "expected a tuple of 1 values, got 2"),
        ("ids that are numbers", 0x107, "expected a tuple of two ints, got int_value"),
        ("ids that are numbers", 0x10B, "expected a tuple of two ints, got int_value"),
        ("ids that are numbers", 0x10D, "expected a tuple of 1 values, got 2"),
        ("worker beyond int16", 0x107, "expected a worker id, got a value of kind tuple_value"),
        ("worker beyond int16", 0x10B, "to 32767, got 32768"),
        ("worker beyond int16", 0x10D, "expected a tuple of 1 values, got 2"),
    ],
)
def test_refuses_a_tuple_of_another_shape(name: str, message_type: int, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        libtorch.from_payload(message_type, WRONG_SHAPES[name])


def test_an_error_says_where() -> None:
    payload = HEAD + b"K\x01\x8a\x02"
    with pytest.raises(DecodeError) as caught:
        libtorch.from_payload(0x209, payload)
    assert str(caught.value) == "byte 4 of the payload: expected a long of 8 bytes, got 2"
