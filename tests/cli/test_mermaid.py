"""`show --format mermaid`: a sequence diagram."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rref_proto import IValue, RecordedMessage, ScriptRRefFetchRet
from rref_proto.cli import main

from cli_helpers import LIFECYCLE, diagram
from conversations import sent


def test_show_prints_a_mermaid_diagram(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--format", "mermaid", LIFECYCLE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sequenceDiagram"
    assert lines[1] == "    w1->>w0: ScriptRRefFetchCall rref (1, 0)"
    assert lines[2] == "    w0-->>w1: ScriptRRefFetchRet float32[2, 3]"
    assert lines[5] == "    w0-->>w2: RRefAck"
    assert len(lines) == 38


def test_mermaid_escapes_what_would_end_a_statement() -> None:
    value = IValue.from_python("a;b#c")
    (line,) = diagram([sent(0, ScriptRRefFetchRet([value]))])
    assert line.endswith(": ScriptRRefFetchRet 'a#59;b#35;c'")


def _participants(record: RecordedMessage) -> tuple[str, str]:
    (line,) = diagram([record])
    sender, _, rest = line.strip().partition("->>")
    return sender, rest.partition(":")[0]


@example([5, -5], ["", ""])
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=2, unique=True),
    st.lists(
        st.sampled_from(["", "w", "trainer", "trainer-1", "end", "ä b", "!", "7"]),
        min_size=2,
        max_size=2,
    ),
)
def test_each_worker_is_a_participant_of_its_own(workers: list[int], names: list[str]) -> None:
    record = sent(0, route=(workers[0], workers[1]), names=(names[0], names[1]))
    sender, receiver = _participants(record)
    assert sender != receiver
    assert sender.isidentifier()
    assert receiver.isidentifier()
