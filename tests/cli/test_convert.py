"""`decode` and `encode`: one message from one form into another."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given

from rref_proto import (
    Message,
    MessageType,
    ScriptRRefFetchRet,
    fromMessage,
    libtorch,
)
from rref_proto.cli import main

from cli_helpers import WITH_TENSOR, convert, run
from conversations import DELETE
from nesting import deepest
from strategies import messages, messages_without_nan


@given(messages_without_nan)
def test_any_message_survives_json(message: Message) -> None:
    wire = message.SerializeToString()
    text = convert(wire, "--from", "protobuf", "--to", "json")
    assert convert(text, "--from", "json", "--to", "protobuf") == wire


@given(messages)
def test_json_is_written_again_as_it_is(message: Message) -> None:
    text = convert(message.SerializeToString(), "--from", "protobuf", "--to", "json")
    again = convert(text, "--from", "json", "--to", "protobuf")
    assert Message.FromString(again).to_json() == message.to_json()
    assert convert(text, "--from", "json", "--to", "json") == text


class Payload:
    """Convert to and from a payload of libtorch, with its tensors in a separate file."""

    def __init__(self, factory: pytest.TempPathFactory, message: Message) -> None:
        self.type = message.type
        self.tensors = factory.getbasetemp() / "tensors"
        wire = message.SerializeToString()
        self.content = self.of(wire, "--from", "protobuf")

    def of(self, content: bytes, *source: str) -> bytes:
        """Convert to a payload; writes the tensors."""
        return convert(content, *source, "--to", "libtorch", "--tensors", str(self.tensors))

    def to(self, target: str) -> bytes:
        """Convert the payload to another form; reads the tensors."""
        source = ["--from", "libtorch", "--type", self.type.name, "--tensors", str(self.tensors)]
        return convert(self.content, *source, "--to", target)


@given(messages)
def test_any_message_but_its_id_survives_libtorchs_payload(
    tmp_path_factory: pytest.TempPathFactory, message: Message
) -> None:
    payload = Payload(tmp_path_factory, message)
    # Not from `message` itself: libtorch marks two values that are one object, protobuf does not.
    read = Message.FromString(message.SerializeToString())
    native = libtorch.to_payload(read)
    assert payload.content == native.payload
    table = Message.FromString(payload.tensors.read_bytes())
    assert table.tensors == native.tensors
    assert table.type is MessageType.UNKNOWN
    again = Message.FromString(payload.to("protobuf"))
    assert fromMessage(again) == fromMessage(message)
    assert again.id is None  # the id is not in the payload
    assert libtorch.from_payload(message.type, payload.to("libtorch"), table.tensors) == again


@given(messages)
def test_libtorchs_payload_becomes_the_json_that_protobuf_becomes(
    tmp_path_factory: pytest.TempPathFactory, message: Message
) -> None:
    payload = Payload(tmp_path_factory, message)
    wire = payload.to("protobuf")
    assert payload.to("json") == convert(wire, "--from", "protobuf", "--to", "json")


@given(messages_without_nan)
def test_json_becomes_the_payload_that_protobuf_becomes(
    tmp_path_factory: pytest.TempPathFactory, message: Message
) -> None:
    payload = Payload(tmp_path_factory, message)
    assert payload.of(payload.to("json"), "--from", "json") == payload.content


def test_decode_and_encode_are_json_and_protobuf_by_themselves() -> None:
    wire = DELETE.toMessage().with_id(7).SerializeToString()
    code, text, err = run("decode", stdin=wire)
    assert (code, err) == (0, "")
    assert json.loads(text) == {
        "rrefUserDelete": {
            "rrefId": {"localId": "1"},
            "forkId": {"localId": "2"},
        },
        "id": "7",
    }
    assert text.endswith(b"}\n")
    assert run("encode", "-", stdin=text) == (0, wire, "")


def test_the_deepest_message_survives_json() -> None:
    wire = ScriptRRefFetchRet([deepest()]).toMessage().SerializeToString()
    text = convert(wire, "--from", "protobuf", "--to", "json")
    assert convert(text, "--from", "json", "--to", "protobuf") == wire


@pytest.mark.parametrize("named", ["RREF_USER_DELETE", "rref_user_delete", "0x10b", "0X10B", "267"])
def test_a_type_is_given_by_name_or_number(named: str) -> None:
    message = DELETE.toMessage()
    payload = libtorch.to_payload(message).payload
    wire = message.SerializeToString()
    assert convert(payload, "--from", "libtorch", "--type", named) == wire


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


def test_nothing_is_half_written_where_one_of_two_files_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(WITH_TENSOR.toMessage().SerializeToString())
    call = ["decode", str(tmp_path / "in"), "--to", "libtorch"]
    absent, written = str(tmp_path / "absent" / "file"), str(tmp_path / "written")
    for output, tensors in ((absent, written), (written, absent)):
        assert main([*call, "-o", output, "--tensors", tensors]) == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_the_payload_and_the_tensors_need_a_file_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").write_bytes(WITH_TENSOR.toMessage().SerializeToString())
    both = str(tmp_path / "both")
    with pytest.raises(SystemExit) as caught:
        main(["decode", str(tmp_path / "in"), "--to", "libtorch", "-o", both, "--tensors", both])
    assert caught.value.code == 2
    assert "cannot be written to one file" in capsys.readouterr().err
    assert not Path(both).exists()


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_an_output_that_is_a_link_to_itself_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "in").write_bytes(WITH_TENSOR.toMessage().SerializeToString())
    assert main(["decode", str(tmp_path / "in"), "-o", str(tmp_path / "loop")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
