"""RRefContexts send what libtorch's workers sent, message for message."""

from __future__ import annotations

import json

from rref_proto import RecordedMessage, read_recording

from captures import DATA
from replay import Replay, numbered


def test_a_conversation_is_the_one_that_libtorch_had() -> None:
    records = list(read_recording((DATA / "calls-conversation.rref").read_bytes()))
    messages = [record for record in records if isinstance(record, RecordedMessage)]
    replay = Replay(numbered(messages))
    replay.run()
    assert not any(replay.unexpected.values())
    reported = json.loads((DATA / "calls-conversation.state.json").read_text(encoding="utf-8"))
    for worker, context in replay.contexts.items():
        counts = context.getDebugInfo()
        assert counts == {
            "num_owner_rrefs": reported[f"w{worker}"]["owner_rrefs"],
            "num_forks": reported[f"w{worker}"]["forks"],
            "num_pending_users": 0,
            "num_pending_children": 0,
        }
        assert context.awaiting == ()
    print(replay.sent_by_rule)
