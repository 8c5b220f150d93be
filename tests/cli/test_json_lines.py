"""`show --format json`: a line of protobuf's JSON for each record."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import Message, RecordedMessage, omit_values, read_recording
from rref_proto.cli import command as cli
from rref_proto.cli import main
from rref_proto.libtorch import NativeMessage
from rref_proto.v1 import message_pb2, recording_pb2

from cli_helpers import HOLDING, LIFECYCLE, TENSOR, WITH_TENSOR, load
from strategies import records


@pytest.mark.parametrize("path", [LIFECYCLE, HOLDING], ids=["lifecycle", "holding"])
def test_show_gives_json_lines_that_protobuf_reads(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--format", "json", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [_of_json(line) for line in lines] == load(path)


def _of_json(line: str) -> RecordedMessage:
    proto = json_format.Parse(line, recording_pb2.RecordedMessage())
    size = len(wire := proto.SerializeToString())
    prefix = bytearray()
    while size > 0x7F:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    (record,) = read_recording(bytes([*prefix, size]) + wire)
    return record


@given(st.lists(records, max_size=3))
def test_json_lines_hold_whatever_is_recorded(recorded: list[RecordedMessage]) -> None:
    lines = list(cli.FORMATS["json"](recorded))
    assert [line.splitlines() for line in lines] == [[line] for line in lines]
    again = [_of_json(line) for line in lines]
    assert list(cli.FORMATS["json"](again)) == lines
    if "NaN" not in "".join(lines):  # JSON does not tell one NaN from another
        assert again == recorded


def test_json_lines_hold_the_native_message_and_omitted_values() -> None:
    empty = Message(message_pb2.Message())
    omitted = omit_values(WITH_TENSOR.toMessage())
    recorded = [
        RecordedMessage(1, 0, 1, empty, native_message=NativeMessage(0x20A, b"p", (TENSOR,))),
        RecordedMessage(2, 0, 1, omitted[0], omitted_values=omitted[1]),
    ]
    assert [_of_json(line) for line in cli.FORMATS["json"](recorded)] == recorded
