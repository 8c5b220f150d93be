"""`show --format mermaid`: a sequence diagram."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rref_proto import IValue, ScriptRRefFetchRet
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


# What mermaid shows for one of its own entities.
ENTITY = re.compile(r"#(\d+);")

HOSTILE = [
    "a;b#c",
    "%%{init: {'theme': 'dark'}}%%",
    "%% comment",
    "<script>alert(1)</script>",
    "<br/>",
    "&lt;b&gt;",
    "#35;",
    "#quot;",
    "\ufb02\N{DEGREE SIGN}lt\N{PILCROW SIGN}\xdf",
    "style:a#;",
    "$$x^2$$",
    "a\\nb",
    "wrap:x",
    "end",
    "note over w0: x",
    "w0->>w1: x",
    "x as y",
    "accTitle: x",
    "",
]


def _as_shown(text: str) -> str:
    """Return what mermaid shows of a text, which has nothing that it would not show."""
    rest = ENTITY.sub("", text)
    assert not set(rest) & set("#&;:%<>$\\\ufb02\N{PILCROW SIGN}"), rest
    return ENTITY.sub(lambda found: chr(int(found[1])), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_is_shown_by_mermaid_as_it_is(text: str) -> None:
    (line,) = diagram([sent(0, ScriptRRefFetchRet([IValue.from_python(text)]))])
    way, _, label = line.partition(": ")
    assert way == "    w0-->>w1"
    assert _as_shown(label) == f"ScriptRRefFetchRet {text!r}"


@pytest.mark.parametrize("name", [text for text in HOSTILE if text])
def test_a_name_is_shown_by_mermaid_as_it_is(name: str) -> None:
    declared, other, message = diagram([sent(0, names=(name, name))])
    assert declared.startswith("    participant w0 as ")
    assert _as_shown(declared.partition(" as ")[2]) == f"{name}(0)"
    assert _as_shown(other.partition(" as ")[2]) == f"{name}(1)"
    assert message == "    w0->>w1: RRefUserDelete rref (0, 1) fork (0, 2)"


@example([5, -5], ["", ""])
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=2, unique=True),
    st.lists(
        st.sampled_from(["", "w", "trainer", "trainer-1", "end", "\xe4 b", "!", "7"]),
        min_size=2,
        max_size=2,
    ),
)
def test_each_worker_is_a_participant_of_its_own(workers: list[int], names: list[str]) -> None:
    record = sent(0, route=(workers[0], workers[1]), names=(names[0], names[1]))
    *declared, message = diagram([record])
    sender, _, rest = message.strip().partition("->>")
    participants = [sender, rest.partition(":")[0]]
    assert [each.replace("wm", "w-") for each in participants] == [f"w{each}" for each in workers]
    assert declared == [
        f"    participant {participant} as {name}({worker})"
        for participant, name, worker in zip(participants, names, workers, strict=True)
        if name
    ]
