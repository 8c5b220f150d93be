"""`decode` and `encode`: one message from one form into another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from rref_proto import (
    EncodeError,
    IValue,
    Message,
    MessageType,
    ScriptRRefFetchRet,
    fromMessage,
    libtorch,
)
from rref_proto.cli import main

from cli_helpers import WITH_TENSOR, convert, give_stdin
from conversations import DELETE
from strategies import messages


@given(messages)
def test_any_message_survives_json(message: Message) -> None:
    wire = message.SerializeToString()
    text = convert(wire, "--from", "protobuf", "--to", "json")
    again = convert(text, "--from", "json", "--to", "protobuf")
    assert Message.FromString(again).to_json() == message.to_json()
    if b"NaN" not in text:  # JSON does not tell one NaN from another
        assert again == wire
    assert convert(text, "--from", "json", "--to", "json") == text


@given(messages)
def test_any_message_but_its_id_survives_libtorchs_payload(
    tmp_path_factory: pytest.TempPathFactory, message: Message
) -> None:
    tensors = tmp_path_factory.getbasetemp() / "tensors"
    beside = ["--tensors", str(tensors)]
    named = ["--type", message.type.name]
    wire = message.SerializeToString()
    payload = convert(wire, "--from", "protobuf", "--to", "libtorch", *beside)
    # Not of `message` itself: libtorch marks values that are one object, and protobuf does not.
    assert payload == libtorch.to_payload(Message.FromString(wire)).payload
    table = Message.FromString(tensors.read_bytes())
    assert table.tensors == message.tensors
    assert table.type is MessageType.UNKNOWN
    back = convert(payload, "--from", "libtorch", "--to", "protobuf", *named, *beside)
    again = Message.FromString(back)
    assert fromMessage(again) == fromMessage(message)
    assert again.id is None  # libtorch keeps it beside the payload
    # And the ways between libtorch and JSON agree with those over protobuf.
    text = convert(payload, "--from", "libtorch", "--to", "json", *named, *beside)
    assert text == convert(back, "--from", "protobuf", "--to", "json")
    if b"NaN" not in text:
        assert convert(text, "--from", "json", "--to", "libtorch", *beside) == payload
    same = convert(payload, "--from", "libtorch", "--to", "libtorch", *named, *beside)
    assert libtorch.from_payload(message.type, same, table.tensors) == again


def test_decode_and_encode_are_json_and_protobuf_by_themselves(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = DELETE.toMessage().with_id(7)
    wire = message.SerializeToString()
    give_stdin(monkeypatch, wire)
    assert main(["decode"]) == 0
    text = capsysbinary.readouterr().out
    assert json.loads(text) == {
        "rrefUserDelete": {
            "rrefId": {"localId": "1"},
            "forkId": {"localId": "2"},
        },
        "id": "7",
    }
    assert text.endswith(b"}\n")
    give_stdin(monkeypatch, text)
    assert main(["encode", "-"]) == 0
    assert capsysbinary.readouterr().out == wire


def test_the_deepest_message_survives_json() -> None:
    deepest = value = IValue.from_python(1)
    while value:
        deepest = value
        try:
            value = IValue.from_python((value,))
        except EncodeError:
            break
    wire = ScriptRRefFetchRet([deepest]).toMessage().SerializeToString()
    text = convert(wire, "--from", "protobuf", "--to", "json")
    assert convert(text, "--from", "json", "--to", "protobuf") == wire


@pytest.mark.parametrize("named", ["RREF_USER_DELETE", "rref_user_delete", "0x10b", "0X10B", "267"])
def test_a_type_is_given_by_name_or_number(
    named: str, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = DELETE.toMessage()
    give_stdin(monkeypatch, libtorch.to_payload(message).payload)
    assert main(["encode", "--from", "libtorch", "--type", named]) == 0
    assert capsysbinary.readouterr().out == message.SerializeToString()


@pytest.mark.parametrize("output", ["-", "file"])
def test_a_payload_with_tensors_needs_a_file_for_them(
    output: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").write_bytes(WITH_TENSOR.toMessage().SerializeToString())
    target = "-" if output == "-" else str(tmp_path / "out")
    assert main(["decode", str(tmp_path / "in"), "--to", "libtorch", "-o", target]) == 1
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert not (tmp_path / "out").exists()
    assert b"1 tensor" in err
    assert b"give --tensors FILE" in err
    assert err.count(b"\n") == 1


def test_without_tensors_a_payload_needs_no_file_for_them(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").write_bytes(DELETE.toMessage().SerializeToString())
    assert main(["decode", str(tmp_path / "in"), "--to", "libtorch"]) == 0
    assert capsysbinary.readouterr().out == libtorch.to_payload(DELETE.toMessage()).payload


@pytest.mark.parametrize("bad", ["missing", "garbage"])
def test_a_bad_file_of_tensors_is_named(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    native = libtorch.to_payload(WITH_TENSOR.toMessage())
    (tmp_path / "payload").write_bytes(native.payload)
    (tmp_path / "garbage").write_bytes(b"\xff" * 10)
    arguments = ["--from", "libtorch", "--type", "0x209", "--tensors", str(tmp_path / bad)]
    assert main(["decode", str(tmp_path / "payload"), *arguments]) == 1
    err = capsys.readouterr().err
    assert str(tmp_path / bad) in err
    assert "payload" not in err


def test_a_payload_that_refers_to_tensors_it_lacks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    native = libtorch.to_payload(WITH_TENSOR.toMessage())
    (tmp_path / "payload").write_bytes(native.payload)
    assert main(["decode", str(tmp_path / "payload"), "--from", "libtorch", "--type", "0x209"]) == 1
    assert "expected an index into 0 tensors" in capsys.readouterr().err
