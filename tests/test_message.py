"""Messages: their types, ids, tensors, buffers and JSON."""

from __future__ import annotations

import copy
import math
import mmap
import pickle
import tempfile

import numpy
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    EncodeError,
    ForkId,
    IValue,
    Message,
    MessageType,
    RRefAck,
    RRefChildAccept,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
)
from rref_proto.v1 import message_pb2, tensor_pb2

from nesting import deepest
from strategies import messages, messages_without_nan
from wire import length_delimited

LARGE = Tensor(ScalarType.uint8, [1 << 16], bytes(1 << 16))


def test_the_types_are_those_of_the_schema() -> None:
    enum = message_pb2.MessageType.DESCRIPTOR
    schema = {value.name.removeprefix("MESSAGE_TYPE_"): value.number for value in enum.values}
    assert schema.pop("UNSPECIFIED") == 0
    assert {each.name: each.value for each in MessageType} == schema


@given(messages)
def test_any_message_survives(message: Message) -> None:
    wire = message.SerializeToString()
    assert b"".join(message.to_parts()) == wire
    assert message.proto.SerializeToString() == wire
    for again in (Message.FromString(wire), Message(message.proto), copy.deepcopy(message)):
        assert again == message
        assert hash(again) == hash(message)
        assert again.SerializeToString() == wire
        assert (again.type, again.id, again.tensors) == (message.type, message.id, message.tensors)
    assert pickle.loads(pickle.dumps(message)) == message


@given(messages_without_nan)
def test_any_message_survives_json(message: Message) -> None:
    assert Message.from_json(message.to_json()) == message
    assert Message.from_json(message.to_json(indent=2).encode()) == message


@given(messages)
def test_json_is_written_again_as_it_is(message: Message) -> None:
    text = message.to_json()
    assert Message.from_json(text).to_json() == text


@pytest.mark.parametrize("nan", [math.nan, -math.nan], ids=["nan", "-nan"])
def test_json_does_not_tell_one_nan_from_another(nan: float) -> None:
    message = ScriptRRefFetchRet([IValue("double_value", nan)]).toMessage()
    again = ScriptRRefFetchRet.fromMessage(Message.from_json(message.to_json()))
    assert again.values() == (IValue("double_value", math.nan),)


@given(messages, st.none() | st.integers(-(2**63), 2**63 - 1))
def test_an_id_is_set_on_a_new_message(message: Message, number: int | None) -> None:
    before = message.SerializeToString()
    for each in (message, Message.FromString(before)):
        numbered = each.with_id(number)
        assert numbered.id == number
        assert Message.FromString(numbered.SerializeToString()).id == number
        assert numbered.with_id(message.id) == message
        assert each.SerializeToString() == before


@given(messages)
def test_a_message_is_a_request_or_a_response(message: Message) -> None:
    assert message.isRequest() != message.isResponse()
    assert message.isRequest() == bool(message.type & 0x100)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_refuses_an_id_out_of_range(number: int) -> None:
    with pytest.raises(EncodeError, match=r"Message\.id"):
        RRefAck().toMessage().with_id(number)


def test_tensors_are_views_of_what_was_read() -> None:
    wire = ScriptRRefFetchRet([IValue.from_python(LARGE)]).toMessage().SerializeToString()
    writable = bytearray(wire)
    (tensor,) = Message.FromString(writable).tensors
    writable[-1] = 0xEE
    assert tensor.data[-1] == 0xEE
    assert not tensor.data.readonly
    assert Message.FromString(wire).tensors[0].data.readonly
    assert Message.FromString(memoryview(wire)).tensors == (LARGE,)
    with tempfile.TemporaryFile() as file:
        file.write(wire)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            (read,) = Message.FromString(mapped).tensors
            assert read == LARGE
            read.data.release()
            del read


def test_parts_are_views_of_the_tensors() -> None:
    data = bytearray(1 << 16)
    tensor = Tensor(ScalarType.uint8, [1 << 16], data)
    parts = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage().to_parts()
    data[0] = 0xEE
    (view,) = [part for part in parts if isinstance(part, memoryview)]
    assert view == tensor.data
    assert view[0] == 0xEE
    assert sum(len(part) for part in parts if isinstance(part, bytes)) < 100


def test_a_message_over_two_gibibytes_is_refused_before_it_is_written() -> None:
    # A view of zeros. No memory is used for them, because nobody reads them.
    with mmap.mmap(-1, 2**31) as zeros:
        tensor = Tensor(ScalarType.uint8, [2**31], zeros)
        message = ScriptRRefFetchRet([IValue.from_python(tensor)]).toMessage()
        for write in (message.to_parts, message.SerializeToString):
            with pytest.raises(EncodeError, match=r"at most 2147483647 bytes.*tensors\[0\]"):
                write()
        halves = [Tensor(ScalarType.uint8, [2**30], tensor.data[: 2**30])] * 1
        halves.append(Tensor(ScalarType.uint8, [2**30], tensor.data[2**30 :]))
        message = ScriptRRefFetchRet([IValue.from_python(tuple(halves))]).toMessage()
        with pytest.raises(EncodeError, match="of body and 2 tensors"):
            message.to_parts()
        for each in (tensor, *halves):
            each.data.release()


def test_what_a_later_version_adds_is_passed_on() -> None:
    known = RRefChildAccept(ForkId(1, 2)).toMessage().SerializeToString()
    tensor = tensor_pb2.Tensor(dtype=2, sizes=[1], data=b"x").SerializeToString() + b"\xf2\x03\x01y"
    wire = known + b"\xf2\x07\x03new" + length_delimited(101, tensor)
    message = Message.FromString(wire)
    assert fromMessage(message) == RRefChildAccept(ForkId(1, 2))
    written = message.SerializeToString()
    assert b"\xf2\x07\x03new" in written
    assert b"\xf2\x03\x01y" in written
    assert Message.FromString(written) == message
    assert message.with_id(3).with_id(None) == message


def _released() -> memoryview:
    view = memoryview(b"abc")
    view.release()
    return view


@pytest.mark.parametrize(
    "value", ["text", 3, None, object(), _released(), numpy.zeros(3, "datetime64[s]")]
)
def test_refuses_what_has_no_buffer(value: object) -> None:
    with pytest.raises(TypeError, match="expected a bytes-like object"):
        Message.FromString(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected"):
        Message(value)  # type: ignore[arg-type]


def test_refuses_a_buffer_with_gaps() -> None:
    with pytest.raises(TypeError, match="C-contiguous"):
        Message.FromString(memoryview(b"0123")[::2])


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"sizes": [1], "data": b"x"}, "dtype"),
        ({"dtype": 99}, "dtype"),
        ({"dtype": 12, "sizes": [2], "data": b"1234"}, "data"),
        ({"dtype": 12, "sizes": [-1]}, "sizes"),
        ({"dtype": 12, "sizes": [2**62, 2**62]}, "sizes"),
        ({"dtype": 12, "sizes": [2**62, 4, 0]}, "sizes"),
        ({"dtype": 2, "sizes": [0], "device": {}}, "Device.type"),
        ({"dtype": 2, "sizes": [0], "device": {"type": "cuda", "index": 128}}, "Device.index"),
    ],
)
def test_says_what_is_wrong_with_a_tensor(fields: dict[str, object], where: str) -> None:
    good = tensor_pb2.Tensor(dtype=2, sizes=[1], data=b"x")
    proto = message_pb2.Message(tensors=[good, tensor_pb2.Tensor(**fields)])  # type: ignore[arg-type]
    for read in (Message, lambda proto: Message.FromString(proto.SerializeToString())):
        with pytest.raises(DecodeError, match=rf"^tensors\[1\]\..*{where}"):
            read(proto)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "3", "{", '{"rrefAck": 3}', '{"unknown": {}}', '{"id": 1e999}',
        '{"id": "99999999999999999999"}', '{"id": 0.5}', '{"rrefAck": {}, "remoteRet": {}}',
        '{"tensors": [{"dtype": "SCALAR_TYPE_NONE"}]}', '{"tensors": [{"data": "!"}]}',
        '{"tensors": [{"dtype": 2, "sizes": [7]}]}', b"\xff\xfe{}", '{"id": ' + "9" * 5000 + "}",
        "[" * 100_000, '{"scriptRrefFetchRet":{"values":[' + '{"tupleValue":{"elements":[' * 5000,
    ],
)  # fmt: skip
def test_refuses_what_is_not_the_json_of_a_message(text: str | bytes) -> None:
    with pytest.raises(DecodeError):
        Message.from_json(text)


def test_json_is_protobufs_own() -> None:
    message = RRefChildAccept(ForkId(1, 2)).toMessage().with_id(3)
    parsed = json_format.Parse(message.to_json(), message_pb2.Message())
    assert parsed == message.proto
    assert "\n" not in message.to_json()


@pytest.mark.parametrize("levels", [60, 5000])
def test_refuses_a_generated_message_that_nobody_could_read(levels: int) -> None:
    proto = message_pb2.Message()
    value = proto.script_rref_fetch_ret.values.add()
    for _ in range(levels):
        value = value.tuple_value.elements.add()
    with pytest.raises(DecodeError, match="expected the wire bytes of a Message"):
        Message(proto)


def test_the_deepest_value_fits_a_parser_of_100_levels() -> None:
    message = ScriptRRefFetchRet([deepest()]).toMessage()
    assert fromMessage(Message.FromString(message.SerializeToString())) == fromMessage(message)
    assert Message.from_json(message.to_json()) == message
