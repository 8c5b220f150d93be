"""What is printed is short, and does nothing to a terminal, whatever is in a recording."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

import rref_proto
from rref_proto import (
    Device,
    IValue,
    OmittedValue,
    PythonCall,
    PythonResp,
    PythonUDF,
    RecordedEvent,
    RecordedMessage,
    RemoteException,
    RpcCommandBase,
    RRefForkData,
    ScalarType,
    ScriptCall,
    ScriptObject,
    ScriptResp,
    SerializedPyObj,
    Tensor,
    omit_values,
)
from rref_proto.cli.names import Names
from rref_proto.recording import Record

from cli_helpers import diagram, run, shown
from conversations import FORK, RREF, in_bytes, sent

LONG = "\U000e0001" * 3000  # characters that are written as escapes of ten
LONGEST_LINE = 2500
TENSOR = Tensor(ScalarType.float32, [1] * 500, bytes(4))
LONG_TYPE = IValue("list_value", rref_proto.GenericList(LONG, ()))

COMMANDS: dict[str, RpcCommandBase] = {
    "text": ScriptResp(IValue.from_python(LONG)),
    "bytes": ScriptResp(IValue.from_python(b"\xff" * 9999)),
    "type": ScriptResp(LONG_TYPE),
    "class": ScriptResp(IValue.from_python(ScriptObject("__torch__." + "c" * 200, ()))),
    "many values": ScriptResp(IValue.from_python(tuple(range(999)))),
    "many sizes": ScriptResp(IValue.from_python(TENSOR)),
    "many tensors": PythonResp(SerializedPyObj(b"pickle", (TENSOR,) * 500)),
    "function": ScriptCall("f" * 9999, []),
    "Python function": PythonCall(
        SerializedPyObj.from_python(PythonUDF("job." + "f" * 200)), False
    ),
    "exception": RemoteException(LONG),
    "type of an RRef": ScriptResp(IValue.from_python(RRefForkData(0, RREF, FORK, 0, LONG))),
}


def _lines(recorded: Iterable[Record]) -> list[str]:
    records = list(recorded)
    return shown(records) + diagram(records)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_line_is_short_whatever_is_in_a_message(command: RpcCommandBase) -> None:
    for line in _lines([sent(0, command, names=(LONG, LONG))]):
        assert len(line) < LONGEST_LINE
        assert line.isprintable()


def test_a_line_is_short_whatever_was_left_out_of_a_message() -> None:
    message, *_ = omit_values(COMMANDS["text"].toMessage())
    omitted = (OmittedValue(LONG, 5),) * 500
    passed = (RRefForkData(0, RREF, FORK, 0, LONG),) * 500
    for line in _lines([RecordedMessage(0, 0, 1, message, "", "", None, omitted, passed)]):
        assert len(line) < LONGEST_LINE


def test_a_long_name_is_cut_and_still_tells_the_workers_apart() -> None:
    first, second = shown(
        [
            sent(0, names=("w" * 3000, "w" * 3000)),
            RecordedEvent(0, 2, 1, "w" * 3000),
        ]
    )
    cut = "w" * 29 + "..."
    assert f"  {cut}(0) -> {cut}(1)  " in first
    assert f"  {cut}(2)  " in second


def test_many_lines_with_long_names_are_no_more_text_than_the_messages() -> None:
    recorded = [sent(0, names=(LONG, LONG))] + [sent(time) for time in range(1, 1000)]
    content = in_bytes(recorded)
    result = run("show", "-", stdin=content)
    assert result.code == 0
    assert len(result.out) < 10 * len(content)


def test_a_name_of_one_size_fits_every_column() -> None:
    names = Names({1: "n" * 32, 2: "n" * 33, 3: "\n" * 40, -32768: ""})
    assert names(1) == "n" * 32 + "(1)"
    assert names(2) == "n" * 29 + "...(2)"
    assert names(3) == "\\n" * 14 + "\\...(3)"
    assert names(-32768) == "-32768"


# What a terminal would obey: C0, DEL and C1 controls, separators of lines, and marks of direction.
OBEYED = "\0\a\b\t\n\r\x1b\x7f\x80\x85\x9b\x9f\xad\u200e\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"


@pytest.mark.parametrize("format_name", ["text", "mermaid", "json"])
def test_a_terminal_obeys_nothing_in_any_format(format_name: str) -> None:
    value = ScriptResp(IValue.from_python(OBEYED))
    device = Tensor(ScalarType.int8, [1], b"x", False, Device("cuda", 3))
    recorded = [
        sent(0, value, names=(OBEYED, OBEYED)),
        sent(1, RemoteException(OBEYED)),
        sent(2, ScriptResp(IValue.from_python(device))),
        RecordedEvent(3, 0, 1, OBEYED),
    ]
    lines = shown(recorded, "--format", format_name)
    assert all(line.isprintable() for line in lines)
    assert not set("".join(lines)) & set(OBEYED)


def test_json_has_all_of_what_is_escaped_in_it() -> None:
    (line,) = shown([sent(0, RemoteException(OBEYED), names=(OBEYED, ""))], "--format", "json")
    assert line.isascii()
    fields = json.loads(line)
    assert fields["fromWorkerName"] == OBEYED
    assert fields["message"]["remoteException"]["text"] == OBEYED
