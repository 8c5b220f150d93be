"""`show`: a line for each message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rref_proto
from rref_proto import (
    Device,
    EnumHolder,
    EventKind,
    IValue,
    Message,
    OmittedValue,
    PythonCall,
    PythonRemoteCall,
    PythonRemoteException,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    PythonUDF,
    RecordedEvent,
    RecordedMessage,
    RemoteException,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    ScalarType,
    ScriptCall,
    ScriptObject,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    fromMessage,
    libtorch,
    omit_values,
)
from rref_proto.cli import main
from rref_proto.libtorch import NativeMessage
from rref_proto.v1 import message_pb2

from cli_helpers import LIFECYCLE, SECOND, TENSOR, WITH_TENSOR, diagram, load, save, shown
from conversations import DELETE, FORK, RREF, sent
from one_of_each import ADD
from strategies import records


def test_show_prints_a_line_for_each_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", LIFECYCLE]) == 0
    out, err = capsys.readouterr()
    lines, recorded = out.splitlines(), load(LIFECYCLE)
    assert len(lines) == len(recorded) == 37
    for line, record in zip(lines, recorded, strict=True):
        assert f"{record.from_worker_id} -> {record.to_worker_id}" in line
        assert type(fromMessage(record.message)).__name__ in line
    assert [line.rstrip() for line in lines] == lines
    assert lines[2] == (
        "    +0.036688s  0 -> 1    RemoteRet            #1    rref (1, 0) fork (1, 1)"
        "                     15 B protobuf, 18 B libtorch"
    )
    assert err == ""


def test_show_reads_several_recordings_in_one_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = load(LIFECYCLE)
    halves = [save(tmp_path / f"{half}.rref", recorded[half::2]) for half in (0, 1)]
    assert main(["show", LIFECYCLE]) == 0
    whole = capsys.readouterr().out
    assert main(["show", *halves]) == 0
    assert capsys.readouterr().out == whole


NAMED = [
    sent(SECOND, DELETE, 7, names=("trainer", "server")),
    sent(2 * SECOND, RRefAck(), 7, (1, 0)),
    sent(3 * SECOND, RRefChildAccept(FORK), route=(2, 0)),
]


def test_workers_have_their_names_where_the_recording_has_them() -> None:
    lines = shown(NAMED)
    assert len(lines) == 3
    assert "  trainer(0) -> server(1)  RRefUserDelete" in lines[0]
    assert "  server(1) -> trainer(0)  RRefAck" in lines[1]
    assert "  2 -> trainer(0)          RRefChildAccept" in lines[2]
    assert diagram(NAMED) == [
        "    participant w0 as trainer(0)",
        "    participant w1 as server(1)",
        "    w0->>w1: RRefUserDelete rref (0, 1) fork (0, 2)",
        "    w1-->>w0: RRefAck",
        "    w2->>w0: RRefChildAccept fork (0, 2)",
    ]


def test_columns_grow_with_the_names_and_ids_that_are_met() -> None:
    recorded = [
        sent(1, number=7),
        sent(2, number=123_456_789, names=("a long name", "another")),
        sent(3, number=8, route=(5, 6)),
    ]
    lines = shown(recorded)
    assert lines[0].index("RRefUserDelete") == len("    +0.000000s  0 -> 1    ")
    assert lines[1].index("RRefUserDelete") == lines[2].index("RRefUserDelete")
    assert lines[1].index("rref (0, 1)") == lines[2].index("rref (0, 1)")
    assert "  5 -> 6  " in lines[2]


def test_a_name_is_shown_as_it_was_told_last() -> None:
    recorded = [sent(1, names=("old", "")), sent(2), sent(3, names=("new", "")), sent(4)]
    assert [line.split()[1] for line in shown(recorded)] == ["old(0)", "old(0)", "new(0)", "new(0)"]
    declared = [line.strip() for line in diagram(recorded) if "participant" in line]
    assert declared == ["participant w0 as old(0)", "participant w0 as new(0)"]


POINT = ScriptObject("__torch__.m.Point", (("x", IValue.from_python(1)),))
LONG = ScriptObject("__torch__." + "long" * 20)
CUDA = Tensor(ScalarType.int8, [1], b"x", False, Device("cuda", 3))
SHOWN = [
    (None, "None"),
    (True, "True"),
    (5, "5"),
    (1.5, "1.5"),
    (1j, "1j"),
    ("text", "'text'"),
    ("line\nbreak", r"'line\nbreak'"),
    ("x" * 100, "'" + "x" * 28 + "..."),
    (b"\xff", r"b'\xff'"),
    (Device("cuda", 1), "cuda:1"),
    (TENSOR, "float32[2, 3]"),
    (CUDA, "int8[1] on cuda:3"),
    ((), "Tuple[()] of 0"),
    ((1, "a"), "Tuple[int, str] of 2"),
    ([1, 2], "List[int] of 2"),
    ([1.0], "List[float] of 1"),
    ([True], "List[bool] of 1"),
    ([TENSOR], "List[Tensor] of 1"),
    (["a", "b", "c"], "List[str] of 3"),
    ({"a": 1}, "Dict[str, int] of 1"),
    (POINT, "__torch__.m.Point"),
    (LONG, "__torch__." + "long" * 4 + "lon..."),
    (EnumHolder("__torch__.m.Color", IValue.from_python(1)), "__torch__.m.Color"),
    (RRefForkData(1, RREF, FORK, 2, "int"), "RRef[int]"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_a_value_is_shown_in_short(value: Any, text: str) -> None:
    record = sent(0, ScriptRRefFetchRet([IValue.from_python(value)]), number=7)
    (line,) = shown([record])
    assert f"  ScriptRRefFetchRet   #7    {text:<42}  " in line


PICKLED = PythonRRefFetchRet(SerializedPyObj(b"pickle", (TENSOR, CUDA)).toIValues())
UDF = SerializedPyObj.from_python(PythonUDF("job.score", (1, 2)))
PYTHON, ONE = SerializedPyObj(b"pickle", (TENSOR,)), IValue.from_python(1)


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        (DELETE, "RRefUserDelete", "rref (0, 1) fork (0, 2)"),
        (RemoteRet(RREF, FORK), "RemoteRet", "rref (0, 1) fork (0, 2)"),
        (RRefForkRequest(RREF, FORK), "RRefForkRequest", "rref (0, 1) fork (0, 2)"),
        (RRefChildAccept(FORK), "RRefChildAccept", "fork (0, 2)"),
        (ScriptRRefFetchCall(3, RREF), "ScriptRRefFetchCall", "rref (0, 1)"),
        (PythonRRefFetchCall(3, RREF), "PythonRRefFetchCall", "rref (0, 1)"),
        (RRefAck(), "RRefAck", ""),
        (PICKLED, "PythonRRefFetchRet", "pickle of 6 bytes, float32[2, 3], int8[1] on cuda:3"),
        (ScriptCall(ADD, [ONE, ONE]), "ScriptCall", "aten::add.Tensor of 2 values"),
        (ScriptCall("m.f" * 20, []), "ScriptCall", "m.fm.fm.fm.fm.fm.fm.fm.fm.fm.... of 0 values"),
        (
            ScriptRemoteCall("m.f", [ONE], RREF, FORK),
            "ScriptRemoteCall",
            "rref (0, 1) fork (0, 2) m.f of 1 value",
        ),
        (ScriptResp(ONE), "ScriptResp", "1"),
        (PythonCall(PYTHON, True), "PythonCall", "pickle of 6 bytes, float32[2, 3]"),
        (
            PythonRemoteCall(PYTHON, RREF, FORK, False),
            "PythonRemoteCall",
            "rref (0, 1) fork (0, 2) pickle of 6 bytes, float32[2, 3]",
        ),
        (PythonResp(SerializedPyObj(b"")), "PythonResp", "pickle of 0 bytes"),
        (PythonCall(UDF, False), "PythonCall", "job.score, pickle of 87 bytes"),
        (
            PythonResp(SerializedPyObj.from_python(PythonRemoteException("no", "a." * 20 + "E"))),
            "PythonResp",
            "..." + "a." * 14 + "E, pickle of 122 bytes",
        ),
        (RemoteException("line\nbreak"), "RemoteException", r"'line\nbreak'"),
        (RemoteException(b"\xff"), "RemoteException", r"b'\xff'"),
        (RemoteException("x" * 99), "RemoteException", "'" + "x" * 28 + "..."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_commands_are_shown_by_their_ids_and_sizes(
    command: RpcCommandBase, name: str, said: str
) -> None:
    message = command.toMessage()
    native = libtorch.to_payload(message)
    size = len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
    assert shown([sent(0, command)]) == [
        f"    +0.000000s  0 -> 1    {name:<19}        {said:<42}  "
        f"{len(message.SerializeToString())} B protobuf, {size} B libtorch"
    ]


def test_a_message_that_could_not_be_read_is_shown_by_what_was_kept() -> None:
    native = NativeMessage(0x20A, b"payload", (TENSOR,), 3)
    record = RecordedMessage(0, 0, 1, Message(message_pb2.Message(id=3)), native_message=native)
    (line,) = shown([record])
    assert "  unreadable           #3    type 0x20a, 7 bytes kept" in line
    assert line.endswith(" B protobuf, 31 B libtorch")
    assert diagram([record]) == ["    w0->>w1: unreadable type 0x20a, 7 bytes kept"]


def test_values_that_were_left_out_are_described() -> None:
    message, omitted, *_ = omit_values(WITH_TENSOR.toMessage())
    (line,) = shown([RecordedMessage(0, 0, 1, message, omitted_values=omitted)])
    assert f"omitted: Tensor of {omitted[0].byte_size} B  " in line
    assert line.endswith(" B protobuf")  # libtorch's size is not known
    several = (OmittedValue("Tensor", 5), OmittedValue("str", 6))
    (line,) = shown([RecordedMessage(0, 0, 1, message, omitted_values=several)])
    assert "omitted: Tensor of 5 B, str of 6 B" in line
    passed = (RRefForkData(0, RREF, FORK, 0, "Tensor"),)
    (line,) = shown([replace(sent(0), omitted_values=several, passed_rrefs=passed)])
    assert "omitted: Tensor of 5 B, str of 6 B, fork (0, 2) passed on" in line


def test_a_call_without_its_values_is_still_named() -> None:
    values, python = [IValue.from_python("secret")], SerializedPyObj.from_python("secret")
    calls: list[tuple[RpcCommandBase, str]] = [
        (ScriptCall(ADD, values), "ScriptCall aten::add.Tensor omitted: str of"),
        (
            ScriptRemoteCall("__torch__.f", values, RREF, FORK),
            "ScriptRemoteCall rref (0, 1) fork (0, 2) __torch__.f omitted: str of",
        ),
        (ScriptResp(values[0]), "ScriptResp omitted: str of"),
        (PythonCall(python, False), "PythonCall omitted: str of"),
        (
            PythonRemoteCall(python, RREF, FORK, False),
            "PythonRemoteCall rref (0, 1) fork (0, 2) omitted: str of",
        ),
        (PythonResp(python), "PythonResp omitted: str of"),
    ]
    for command, expected in calls:
        message, omitted, *_ = omit_values(command.toMessage())
        (line,) = shown([RecordedMessage(0, 0, 1, message, omitted_values=omitted)])
        assert f"0 -> 1 {expected}" in " ".join(line.split())
        assert line.endswith(" B protobuf")  # libtorch's size is not known


def test_a_remote_call_that_lost_its_identifiers_is_invalid() -> None:
    proto = message_pb2.Message()
    proto.python_remote_call.SetInParent()
    omitted = (OmittedValue("str", 5),)
    (line,) = shown([RecordedMessage(0, 0, 1, Message(proto), omitted_values=omitted)])
    assert "PythonRemoteCall invalid: python_remote_call.ret_rref_id: expected" in " ".join(
        line.split()
    )


def test_events_are_shown_beside_the_messages() -> None:
    began = RecordedEvent(SECOND, 1, EventKind.SHUTDOWN_BEGAN, "trainer")
    later = RecordedEvent(2 * SECOND, -1, 77)
    lines = shown([sent(0, names=("ps", "")), began, later])
    assert lines[0].startswith("    +0.000000s  ps(0) -> 1  RRefUserDelete ")
    assert lines[1:] == [
        "    +1.000000s  trainer(1)  shutdown began",
        "    +2.000000s  -1          event 77, which this version does not know",
    ]
    assert diagram([began, later]) == [
        "    participant w1 as trainer(1)",
        "    Note over w1: shutdown began",
        "    Note over wm1: event 77, which this version does not know",
    ]


def test_a_message_that_is_invalid_is_shown_as_such() -> None:
    proto = message_pb2.Message()
    proto.rref_user_delete.SetInParent()
    lines = shown(
        [
            RecordedMessage(0, 0, 1, Message(proto)),
            RecordedMessage(0, 0, 1, Message(message_pb2.Message())),
        ]
    )
    assert "RRefUserDelete" in lines[0]
    assert "invalid: rref_user_delete.rref_id: expected an RRefId, found none" in lines[0]
    assert "UNKNOWN" in lines[1]
    assert "invalid: expected a message that this version knows" in lines[1]
    # An invalid message has no libtorch payload, and so no size of it.
    assert [line.endswith(" B protobuf") for line in lines] == [True, True]


def test_times_are_counted_from_the_first_message() -> None:
    times = [SECOND, SECOND + 1_500_000_000, SECOND - 2_000]
    lines = shown(sent(time) for time in times)
    assert [line.split()[0] for line in lines] == ["+0.000000s", "+1.500000s", "-0.000002s"]


@given(
    records,
    st.lists(
        st.builds(OmittedValue, st.text("aé\n\r\x1b\x85\u2028", max_size=9), st.integers(0, 9)),
        max_size=2,
    ),
)
def test_every_message_is_one_line_that_does_nothing_to_a_terminal(
    record: RecordedMessage, omitted: list[OmittedValue]
) -> None:
    brief = replace(record, omitted_values=tuple(omitted))
    lines, steps = shown([record, brief]), diagram([record, brief])
    assert len(lines) == len([step for step in steps if ": " in step]) == 2
    for line in lines + steps:
        assert line.splitlines() == [line]
        assert "\x1b" not in line


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\rb", "a\u2028b"], ids=repr)
def test_a_hostile_name_or_type_breaks_no_line(name: str) -> None:
    message, *_ = omit_values(WITH_TENSOR.toMessage())
    record = RecordedMessage(0, 0, 1, message, name, name, None, (OmittedValue(name, 1),))
    value = IValue("list_value", rref_proto.GenericList(name, ()))
    recorded = [record, sent(0, ScriptRRefFetchRet([value]))]
    lines, steps = shown(recorded), diagram(recorded)
    assert (len(lines), len(steps)) == (2, 4)  # of the steps, two tell the names
    for line in lines + steps:
        assert line.splitlines() == [line]
        assert "\x1b" not in line
