"""`show`: which messages are printed, and with which times."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from rref_proto import (
    EventKind,
    ForkId,
    IValue,
    PythonCall,
    PythonUDF,
    RecordedEvent,
    RecordedMessage,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
    ScriptRRefFetchCall,
    SerializedPyObj,
    omit_values,
)
from rref_proto.libtorch import NativeMessage
from rref_proto.message import Message
from rref_proto.recording import Record
from rref_proto.v1 import message_pb2

from cli_helpers import CALLS, SECOND, run, shown
from conversations import in_bytes, sent

RREF, OTHER = RRefId(1, 0), RRefId(1, 5)
FORK, CHILD, CHILD_OF_OTHER = ForkId(1, 1), ForkId(1, 2), ForkId(1, 6)


def _passed(rref_id: RRefId, fork_id: ForkId) -> RRefForkData:
    return RRefForkData(0, rref_id, fork_id, 1, "int")


CREATE = ScriptRemoteCall("m.f", [], RREF, FORK)
PASS_ON = ScriptCall("m.g", [IValue.from_python([_passed(RREF, CHILD)], "List[RRef[int]]")])
PASS_OTHER_ON = ScriptResp(IValue.from_python(_passed(OTHER, CHILD_OF_OTHER)))
IN_PICKLE = PythonCall(
    SerializedPyObj.from_python(PythonUDF("job.f", (_passed(RREF, ForkId(1, 3)),))), False
)
# Whether each of these messages names RREF, or a fork of it that is known by then.
CONVERSATION = [
    (sent(0, CREATE, route=(1, 0)), True),
    (sent(1, RemoteRet(RREF, FORK), route=(0, 1)), True),
    (sent(2, RRefChildAccept(CHILD), route=(2, 1)), False),  # nobody has told of it yet
    (sent(3, PASS_ON, route=(1, 2)), True),
    (sent(4, PASS_OTHER_ON, route=(2, 1)), False),
    (sent(5, RRefForkRequest(RREF, CHILD), route=(2, 0)), True),
    (sent(6, RRefAck(), route=(0, 2)), False),
    (sent(7, RRefChildAccept(CHILD), route=(2, 1)), True),
    (sent(8, RRefChildAccept(CHILD_OF_OTHER), route=(2, 1)), False),
    (sent(9, ScriptRRefFetchCall(2, RREF), route=(2, 0)), True),
    (sent(10, ScriptRRefFetchCall(2, OTHER), route=(2, 0)), False),
    (sent(11, IN_PICKLE, route=(1, 2)), True),
    (sent(12, RRefChildAccept(ForkId(1, 3)), route=(2, 1)), True),
    (sent(13, RRefUserDelete(RREF, FORK), route=(1, 0)), True),
    (sent(14, RRefUserDelete(OTHER, FORK), route=(1, 0)), False),
    (RecordedEvent(15, 1, EventKind.SHUTDOWN_BEGAN), False),
]
RECORDS = [record for record, _ in CONVERSATION]


def _times(recorded: Iterable[Record], *options: str) -> list[int]:
    """Return the times of the records that are printed."""
    result = run("show", *options, "--absolute", "-", stdin=in_bytes(recorded))
    assert (result.code, result.err) == (0, "")
    times = [line.split()[0] for line in result.out.decode().splitlines()]
    prefix = "1970-01-01T00:00:00."
    assert all(time.startswith(prefix) and time.endswith("Z") for time in times)
    return [int(time.removeprefix(prefix).removesuffix("Z")) for time in times]


@pytest.mark.parametrize("text", ["1,0", "(1, 0)", "( 1 , 0 )"])
def test_messages_are_found_by_the_rref_that_they_name(text: str) -> None:
    expected = [record.time for record, is_named in CONVERSATION if is_named]
    assert _times(RECORDS, "--rref", text) == expected


def test_several_rrefs_can_be_asked_for() -> None:
    both = set(_times(RECORDS, "--rref", "1,0")) | set(_times(RECORDS, "--rref", "1,5"))
    assert _times(RECORDS, "--rref", "1,0", "--rref", "1,5") == sorted(both)
    assert _times(RECORDS, "--rref", "9,9") == []


def test_an_rref_is_found_where_the_values_were_left_out() -> None:
    recorded = [
        RecordedMessage(record.time, 0, 1, rest.message, "", "", None, *rest[1:])
        for record in RECORDS
        if isinstance(record, RecordedMessage)
        for rest in [omit_values(record.message)]
    ]
    assert _times(recorded, "--rref", "1,0") == _times(RECORDS, "--rref", "1,0")


def test_forks_are_learned_from_messages_that_another_filter_leaves_out() -> None:
    assert _times(RECORDS, "--rref", "1,0", "--type", "RREF_CHILD_ACCEPT") == [7, 12]
    assert _times(RECORDS, "--type", "RRefChildAccept", "--rref", "1,0", "--since", "+1e-8") == [12]


def test_an_invalid_message_names_no_rref() -> None:
    proto = message_pb2.Message()
    proto.rref_user_delete.SetInParent()
    assert _times([RecordedMessage(0, 0, 1, Message(proto))], "--rref", "1,0") == []


NAMED = [
    sent(0, route=(0, 1)),
    sent(1, route=(0, 1), names=("trainer", "server")),
    sent(2, route=(2, 1), names=("7", "")),
    sent(3, route=(2, 7)),
    RecordedEvent(4, 0, EventKind.SHUTDOWN_BEGAN),
    RecordedEvent(5, 2, EventKind.SHUTDOWN_BEGAN),
]


@pytest.mark.parametrize(
    ("workers", "times"),
    [
        (["0"], [0, 1, 4]),
        (["trainer"], [1, 4]),  # the first record has no names
        (["server"], [1, 2]),
        (["trainer(0)"], [1, 4]),  # as it is printed
        ([""], []),
        (["trainer", "2"], [1, 2, 3, 4, 5]),
        (["7"], [2, 3, 5]),
        (["nobody"], []),
        (["00"], []),
    ],
    ids=str,
)
def test_messages_are_found_by_worker(workers: list[str], times: list[int]) -> None:
    options = [option for worker in workers for option in ("--worker", worker)]
    assert _times(NAMED, *options) == times


@pytest.mark.parametrize("text", ["RREF_ACK", "rref_ack", "RRefAck", "0x20e", "526"])
def test_messages_are_found_by_type(text: str) -> None:
    assert _times(RECORDS, "--type", text) == [6]


def test_several_types_can_be_asked_for() -> None:
    assert _times(RECORDS, "--type", "RRefAck", "--type", "SCRIPT_CALL") == [3, 6]


def test_a_message_that_could_not_be_read_is_found_by_its_type() -> None:
    native = NativeMessage(0x20A, b"payload")
    record = RecordedMessage(5, 0, 1, Message(message_pb2.Message()), native_message=native)
    assert _times([record], "--type", "PYTHON_RREF_FETCH_RET") == [5]
    assert _times([record], "--type", "UNKNOWN") == []


@pytest.mark.parametrize(
    ("options", "times"),
    [
        (["--since", "+3"], [5, 6, 7]),
        (["--since", "+3.000000001s"], [6, 7]),
        (["--until", "+1"], [2, 3]),
        (["--since", "+1", "--until", "+3"], [3, 4, 5]),
        (["--since", "1970-01-01T00:00:06Z"], [6, 7]),
        (["--until", "1970-01-01T01:00:02.9+01:00"], [2]),
        (["--since", "+4", "--until", "+1"], []),
    ],
    ids=str,
)
def test_messages_are_found_by_time(options: list[str], times: list[int]) -> None:
    recorded = [sent(time * SECOND) for time in range(2, 8)]
    lines = shown(recorded, *options)
    # A time is still told from the first message, also where that is not printed.
    assert [line.split()[0] for line in lines] == [f"+{time - 2}.000000s" for time in times]


@pytest.mark.parametrize(
    "options",
    [["--rref", "0,0"], ["--worker", "1"], ["--type", "PythonCall"], ["--since", "+0.3"]],
    ids=" ".join,
)
def test_filters_are_the_same_for_every_format(options: list[str]) -> None:
    in_text, in_json, in_mermaid = (
        run("show", *options, "--format", name, CALLS).out.splitlines()
        for name in ("text", "json", "mermaid")
    )
    assert 0 < len(in_text) < 692
    assert len(in_json) == len(in_text) == len(in_mermaid) - 1
    everything = run("show", "--format", "json", CALLS).out.splitlines()
    rest = iter(everything)
    assert all(line in rest for line in in_json)  # the same lines, in their order


def test_filters_of_a_real_job_leave_out_nothing_that_they_ask_for() -> None:
    lines = run("show", "--rref", "0,0", CALLS).out.decode().splitlines()
    everything = run("show", CALLS).out.decode().splitlines()
    assert {line for line in everything if "rref (0, 0) " in line} <= set(lines)
    assert len(lines) < len(everything)


def test_absolute_times_are_in_utc_to_the_nanosecond() -> None:
    (line,) = shown([sent(1_700_000_000 * SECOND + 1)], "--absolute")
    assert line.startswith("2023-11-14T22:13:20.000000001Z  0 -> 1    RRefUserDelete")


@pytest.mark.parametrize(
    "option",
    [
        ["--rref", "1"],
        ["--rref", "1,"],
        ["--rref", "a,b"],
        ["--rref", "32768,0"],
        ["--rref", "0,9223372036854775808"],
        ["--rref", "0," + "9" * 9999],
        ["--rref", ""],
        ["--type", "RRefNothing"],
        ["--since", "yesterday"],
        ["--until", "2026-01-31"],
        ["--since", "+1e999990"],
    ],
    ids=lambda option: " ".join(option)[:40],
)
def test_what_no_message_can_match_is_a_wrong_call(option: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("show", *option, CALLS)
    assert caught.value.code == 2
