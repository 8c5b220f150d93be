"""`show --format json`: a line of protobuf's JSON for each record."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import Message, RecordedMessage, omit_values, read_recording
from rref_proto.cli import main
from rref_proto.libtorch import NativeMessage
from rref_proto.v1 import message_pb2, recording_pb2

from cli_helpers import CALLS, HOLDING, LIFECYCLE, TENSOR, WITH_TENSOR, load, shown
from strategies import records, records_without_nan
from wire import varint


def _json_lines(recorded: list[RecordedMessage]) -> list[str]:
    return shown(recorded, "--format", "json")


def _of_json(line: str) -> RecordedMessage:
    proto = json_format.Parse(line, recording_pb2.RecordedMessage())
    wire = proto.SerializeToString()
    (record,) = read_recording(varint(len(wire)) + wire)
    return record


@pytest.mark.parametrize(
    ("path", "count"),
    [(LIFECYCLE, 37), (HOLDING, 194), (CALLS, 692)],
    ids=["lifecycle", "holding", "calls"],
)
def test_show_prints_json_lines_that_protobuf_reads(
    path: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--format", "json", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == count
    assert [_of_json(line) for line in lines] == load(path)


@given(st.lists(records_without_nan, max_size=3))
def test_json_lines_hold_any_record(recorded: list[RecordedMessage]) -> None:
    assert [_of_json(line) for line in _json_lines(recorded)] == recorded


@given(st.lists(records, max_size=3))
def test_json_lines_are_written_again_as_they_are(recorded: list[RecordedMessage]) -> None:
    lines = _json_lines(recorded)
    assert [line.splitlines() for line in lines] == [[line] for line in lines]
    assert _json_lines([_of_json(line) for line in lines]) == lines


def test_json_lines_hold_the_native_message_and_omitted_values() -> None:
    empty = Message(message_pb2.Message())
    omitted = omit_values(WITH_TENSOR.toMessage())
    recorded = [
        RecordedMessage(1, 0, 1, empty, native_message=NativeMessage(0x20A, b"p", (TENSOR,))),
        RecordedMessage(2, 0, 1, omitted.message, omitted_values=omitted.omitted_values),
    ]
    assert [_of_json(line) for line in _json_lines(recorded)] == recorded
