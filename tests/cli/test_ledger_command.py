"""`ledger`: who holds what, and `--leaks`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rref_proto import (
    EventKind,
    ForkId,
    IValue,
    Message,
    RecordedEvent,
    RecordedMessage,
    RemoteRet,
    RRefAck,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptRemoteCall,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    omit_values,
)
from rref_proto.cli import main
from rref_proto.v1 import message_pb2

from captures import DATA
from cli_helpers import CALLS, HOLDING, LIFECYCLE, SECOND, run, save
from conversations import FORK, RREF, sent


def test_the_ledger_uses_the_names_of_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = sent(0, RemoteRet(RREF, FORK), route=(1, 0), names=("server", "trainer"))
    path = save(tmp_path / "named.rref", [record])
    assert main(["ledger", path]) == 0
    out = capsys.readouterr().out
    assert "owner server(1)\n  rref (0, 1)  created by trainer(0)\n" in out
    assert "made by trainer(0)  held by trainer(0)  since" in out
    assert main(["ledger", "--leaks", path]) == 1
    out = capsys.readouterr().out
    assert "on owner server(1)" in out
    assert "held by       trainer(0)\n" in out


@pytest.mark.parametrize(
    ("path", "rrefs", "forks"),
    [(HOLDING, 12, 19), (LIFECYCLE, 0, 0), (CALLS, 34, 43)],
    ids=["holding", "lifecycle", "calls"],
)
def test_ledger_counts_what_is_held(
    path: str, rrefs: int, forks: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{rrefs} RRefs held by {forks} forks" in lines
    assert sum(line.startswith("  rref ") for line in lines) == rrefs
    assert sum(line.startswith("    fork ") for line in lines) == forks


@pytest.mark.parametrize("name", ["holding", "calls-conversation"])
def test_ledger_agrees_with_the_owners_own_state(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = json.loads((DATA / f"{name}.state.json").read_text(encoding="utf-8"))
    assert main(["ledger", str(DATA / f"{name}.rref")]) == 0
    out = capsys.readouterr().out
    parts = {part.split("\n")[0]: part for part in f"\n{out}".split("\nowner ")[1:]}
    shown = {
        f"w{owner}": {"owner_rrefs": part.count("\n  rref "), "forks": part.count("\n    fork ")}
        for owner, part in parts.items()
    }
    if name == "holding":
        # No message names one of the forks, so it is not in the list of its RRef.
        assert "\nnot certain: 1 made 1 identifier that no message named, 5: perhaps" in out
        shown["w1"]["forks"] += 1
        assert "\nnot certain: 14 requests missing whose answers were seen\n" in out
    # These recordings have no events, and without the ids of requests no answer is told.
    assert out.count("not certain") == (3 if name == "holding" else 1)
    assert "not explained" not in out
    assert shown == {worker: counts for worker, counts in state.items() if any(counts.values())}


def test_an_unanswered_remote_call_is_a_leak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ScriptRemoteCall("__torch__.f", [], RREF, FORK)
    assert main(["ledger", "--leaks", save(tmp_path / "hangs.rref", [sent(0, call, 1)])]) == 1
    out = capsys.readouterr().out
    assert "    created by    0\n    fork          (0, 2)\n    made by       0\n" in out
    assert "    held by       0 (pending)\n" in out
    assert "    known by      remote call, not answered yet\n" in out
    assert "not certain: 1 fork asked for, and no answer was seen by then\n" in out
    assert "not certain: no answer was seen of 1 request of 0: " in out


def test_ledger_prints_what_it_cannot_know_or_explain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = Message(message_pb2.Message())
    path = save(
        tmp_path / "strange.rref",
        [
            sent(1 * SECOND, RemoteRet(RRefId(0, 0), ForkId(0, 3)), route=(1, 0)),
            sent(2 * SECOND, RRefForkRequest(RRefId(0, 0), ForkId(0, 4)), 1, (2, 1)),
            sent(3 * SECOND, ScriptRRefFetchCall(3, RRefId(0, 0)), 2, (3, 1)),
            sent(4 * SECOND, RRefUserDelete(RRefId(0, 0), ForkId(0, 6)), 3, (2, 1)),
            RecordedMessage(5 * SECOND, 1, 0, unknown),
            RecordedMessage(6 * SECOND, 1, 0, unknown),
        ],
    )
    assert main(["ledger", path]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "owner 1",
        "  rref (0, 0)  created by 0",
        "    fork (0, 3)  made by 0  held by 0  since +0.000000s  known by RemoteRet",
        "    fork (0, 4)  passed on by 0  held by 2 (pending)  since +1.000000s  "
        "known by RRefForkRequest, not answered yet",
        "    fork not named  held by 3 (inferred)  since +2.000000s  "
        "known by fetch by its holder, no message named it",
        "1 RRef held by 1 fork",
        "not certain: no end is recorded of 0, 1, 2, 3: the recording is missing or cut off, "
        "or the worker still runs or was killed",
        "not certain: no answer was seen of 3 requests of 2, 3: "
        "failed, still running, or the answer is not recorded",
        "not certain: 0 made 3 identifiers that no message named, 1 to 2, 5: "
        "perhaps a fork of an RRef of its own",
        "not certain: 1 fork asked for, and no answer was seen by then",
        "not certain: 1 fork inferred: no message announced them",
        "not certain: 1 fork deleted, and no RRefAck of the owner was seen by then: "
        "it may count them still",
        "not explained: 1 message deleted a fork that no message announced: its parent was "
        "the owner, or it was announced before the recording began",
        "not explained: 2 messages had a type that this version does not know",
    ]
    assert main(["ledger", "--leaks", path]) == 1
    leaks = capsys.readouterr().out.splitlines()
    assert leaks[0] == "3 forks still held at +5.000000s (1970-01-01T00:00:06.000000000Z)"
    assert "    held by       3 (inferred)" in leaks


def test_leaks_are_listed_the_oldest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(
        tmp_path / "leaks.rref",
        [
            sent(5 * SECOND, RemoteRet(RRefId(0, 1), ForkId(0, 2)), route=(1, 0)),
            sent(6 * SECOND, RemoteRet(RRefId(0, 3), ForkId(0, 4)), route=(2, 0)),
            sent(7 * SECOND, RRefForkRequest(RRefId(0, 1), ForkId(3, 0)), 9, (4, 1)),
            sent(8 * SECOND, RRefAck(), 9, (1, 4)),
            sent(9 * SECOND, RRefUserDelete(RRefId(0, 3), ForkId(0, 4)), route=(0, 2)),
        ],
    )
    assert main(["ledger", "--leaks", path]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 forks still held at +4.000000s (1970-01-01T00:00:09.000000000Z)",
        "  1 fork held by 0, of RRefs on 1 that 0 created",
        "  1 fork held by 4, of RRefs on 1 that 0 created",
        "oldest first:",
        "  rref (0, 1) on owner 1",
        "    created by    0",
        "    fork          (0, 2)",
        "    made by       0",
        "    held by       0",
        "    since         +0.000000s",
        "    known by      RemoteRet",
        "  rref (0, 1) on owner 1",
        "    created by    0",
        "    fork          (3, 0)",
        "    passed on by  3",
        "    held by       4",
        "    since         +2.000000s",
        "    known by      RRefAck of its RRefForkRequest",
        "not certain: no end is recorded of 0, 1, 2, 3, 4: the recording is missing or cut off, "
        "or the worker still runs or was killed",
        "not certain: 0 made 1 identifier that no message named, 0: "
        "perhaps a fork of an RRef of its own",
        "not certain: 1 fork deleted, and no RRefAck of the owner was seen by then: "
        "it may count them still",
    ]


def test_leaks_of_a_real_job_are_listed_the_oldest_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ledger", "--leaks", HOLDING]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("19 forks still held at +")
    since = [float(line.split()[1][:-1]) for line in lines if line.startswith("    since")]
    assert len(since) == 19
    assert since == sorted(since)


def test_the_ledger_of_a_recording_with_events_and_without_values(tmp_path: Path) -> None:
    fork = RRefForkData(0, RREF, FORK, 0, "Tensor")
    message, omitted, passed, _ = omit_values(
        ScriptRRefFetchRet([IValue("rref_value", fork)]).toMessage()
    )
    recorded = [
        RecordedMessage(1, 0, 1, message, omitted_values=omitted, passed_rrefs=passed),
        RecordedEvent(2, 1, EventKind.SHUTDOWN_BEGAN, "trainer"),
        RecordedEvent(3, 1, EventKind.RECORDING_ENDED),
    ]
    result = run("ledger", save(tmp_path / "a.rref", recorded))
    assert (result.code, result.err) == (0, "")
    assert "    fork (0, 2)  passed on by 0  held by trainer(1)  since" in result.out.decode()
    assert "1 RRef held by 1 fork\n" in result.out.decode()


def test_a_message_that_the_ledger_cannot_read_is_placed_by_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proto = message_pb2.Message()
    proto.remote_ret.SetInParent()
    path = save(tmp_path / "invalid.rref", [RecordedMessage(12, 0, 1, Message(proto))])
    assert main(["ledger", path]) == 1
    err = capsys.readouterr().err
    assert err.startswith("rref-proto: message at 1970-01-01T00:00:00.000000012Z, ")
    assert err.endswith("remote_ret.rref_id: expected an RRefId, found none\n")
    assert err.count("\n") == 1
