"""RRefContexts send what libtorch's workers sent, message for message, and count what they did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rref_proto import RecordedMessage, RRefContext, merge, read_recording

from captures import DATA
from recorded_jobs import NAMES, Counts, load_job
from recorded_lines import numbered
from replay import Replay


def recorded(path: Path) -> list[RecordedMessage]:
    records = read_recording(path.read_bytes())
    return [record for record in records if isinstance(record, RecordedMessage)]


def counts(context: RRefContext) -> Counts:
    info = context.getDebugInfo()
    return Counts(info["num_owner_rrefs"], info["num_forks"], info["num_pending_users"])


def test_a_conversation_is_the_one_that_libtorch_had() -> None:
    replay = Replay(numbered(recorded(DATA / "calls-conversation.rref")))
    replay.run()
    assert not any(replay.unexpected.values())
    assert replay.by_rule == {
        "RRefAck": 157,
        "RRefChildAccept": 64,
        "RRefUserDelete": 49,
        "RRefForkRequest": 44,
        "RemoteRet": 38,
        "RemoteException": 2,  # the errors of remote calls, which wait for the fetch
    }
    reported = json.loads((DATA / "calls-conversation.state.json").read_text(encoding="utf-8"))
    for worker, context in replay.contexts.items():
        told = reported[f"w{worker}"]
        assert counts(context) == Counts(told["owner_rrefs"], told["forks"], 0)
        assert context.getDebugInfo()["num_pending_children"] == 0
        assert context.awaiting == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_job_counts_what_libtorch_counted(name: str) -> None:
    job = load_job(name)
    records = [each for each in merge(job.recordings) if isinstance(each, RecordedMessage)]
    replay = Replay(numbered(records))
    for moment in job.moments:
        replay.run(moment.time)
        for worker, (rrefs, forks, pending) in enumerate(moment.counts):
            # libtorch's owner counts the creator's fork only when the call has ended.
            running = replay.running[worker]
            assert counts(replay.contexts[worker]) == (rrefs + running, forks + running, pending)
    replay.run()
    assert not any(replay.unexpected.values())
    assert all(context.awaiting == () for context in replay.contexts.values())
    assert all(counts(context) == (0, 0, 0) for context in replay.contexts.values())
