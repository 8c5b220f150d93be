"""`merge`: several recordings become one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rref_proto import (
    EventKind,
    ForkId,
    Message,
    RecordedEvent,
    RecordedMessage,
    RRefForkData,
    RRefId,
    libtorch,
    omit_values,
)
from rref_proto.cli import main
from rref_proto.libtorch import NativeMessage
from rref_proto.v1 import message_pb2

from cli_helpers import HOLDING, LIFECYCLE, TENSOR, WITH_TENSOR, load, save
from conversations import in_bytes

RREF = RRefForkData(0, RRefId(0, 1), ForkId(0, 2), 0, "Tensor")
BEGAN = RecordedEvent(4, 1, EventKind.SHUTDOWN_BEGAN)
ENDED = RecordedEvent(3, 0, EventKind.RECORDING_ENDED)


def test_merge_of_two_halves_gives_the_whole(tmp_path: Path) -> None:
    recorded = load(HOLDING)
    halves = [
        save(tmp_path / "a.rref", (each for each in recorded if each.from_worker_id % 2)),
        save(tmp_path / "b.rref", (each for each in recorded if not each.from_worker_id % 2)),
    ]
    for order in (halves, halves[::-1]):
        output = tmp_path / "whole.rref"
        assert main(["merge", *order, "-o", str(output)]) == 0
        assert load(output) == recorded


def test_merge_writes_to_standard_output(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["merge", LIFECYCLE, LIFECYCLE]) == 0
    out, err = capsysbinary.readouterr()
    assert out == Path(LIFECYCLE).read_bytes()
    assert err == b""


def test_merge_keeps_the_other_fields_of_a_record(tmp_path: Path) -> None:
    native = NativeMessage(0x20A, b"p", (TENSOR,))
    message, omitted, *_ = omit_values(WITH_TENSOR.toMessage())
    recorded = [
        RecordedMessage(1, 0, 1, Message(message_pb2.Message()), "a", "b", native),
        RecordedMessage(2, 0, 1, message, "", "b", None, omitted, (RREF,)),
    ]
    paths = [save(tmp_path / f"{n}.rref", [record]) for n, record in enumerate(recorded)]
    assert main(["merge", *paths, "--output", str(tmp_path / "whole.rref")]) == 0
    assert load(tmp_path / "whole.rref") == recorded


def test_merge_keeps_events_and_writes_native_messages_as_the_schemas(tmp_path: Path) -> None:
    native = libtorch.to_payload(WITH_TENSOR.toMessage())
    one = save(
        tmp_path / "1.rref",
        [RecordedMessage(5, 0, 1, Message(message_pb2.Message()), native_message=native), ENDED],
    )
    other = save(tmp_path / "2.rref", [BEGAN])
    assert main(["merge", one, other, "-o", str(tmp_path / "whole.rref")]) == 0
    expected = [BEGAN, RecordedMessage(5, 0, 1, WITH_TENSOR.toMessage()), ENDED]
    assert (tmp_path / "whole.rref").read_bytes() == in_bytes(expected)


def test_merge_into_one_of_its_inputs_loses_nothing(tmp_path: Path) -> None:
    recorded = load(LIFECYCLE)
    one, other = save(tmp_path / "a.rref", recorded[::2]), save(tmp_path / "b.rref", recorded[1::2])
    assert main(["merge", one, other, "-o", one]) == 0
    assert load(one) == recorded
    assert load(other) == recorded[1::2]


def test_merge_keeps_what_it_could_read_and_names_each_bad_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = load(HOLDING)
    whole = save(tmp_path / "whole.rref", recorded[::2])
    cut, empty, missing = (tmp_path / name for name in ("cut.rref", "empty.rref", "missing.rref"))
    start = len(in_bytes(recorded[1:9:2]))
    cut.write_bytes(in_bytes(recorded[1:11:2])[:-1])
    empty.touch()
    output = tmp_path / "merged.rref"
    output.write_bytes(b"of an earlier call")
    paths = [str(missing), str(cut), whole, str(tmp_path), str(empty)]
    assert main(["merge", *paths, "-o", str(output)]) == 1
    assert load(output) == [*recorded[:9], *recorded[10::2]]
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == f"rref-proto: {missing}: {os.strerror(errno.ENOENT)}"
    assert lines[1].startswith(f"rref-proto: {cut}: record 4 at byte {start}: expected a record of")
    assert lines[2].startswith(f"rref-proto: {tmp_path}: ")
    assert lines[3] == f"rref-proto: {empty}: expected records, found an empty file"
    assert len(lines) == 4


@pytest.mark.parametrize("count", [1, 2])
def test_merge_of_a_cut_recording_keeps_the_records_before_the_cut(
    count: int, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    recorded = load(LIFECYCLE)
    (tmp_path / "cut.rref").write_bytes(in_bytes(recorded)[:-1])
    assert main(["merge", *[str(tmp_path / "cut.rref")] * count]) == 1
    out, err = capsysbinary.readouterr()
    assert out == in_bytes(recorded[:-1])
    assert err.count(b"\n") == 1


def test_where_nothing_can_be_read_the_output_stays_as_it_was(tmp_path: Path) -> None:
    output = tmp_path / "merged.rref"
    output.write_bytes(b"of an earlier call")
    (tmp_path / "empty.rref").touch()
    names = ("missing.rref", "empty.rref")
    assert main(["merge", *[str(tmp_path / name) for name in names], "-o", str(output)]) == 1
    assert output.read_bytes() == b"of an earlier call"
