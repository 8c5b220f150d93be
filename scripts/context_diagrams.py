"""Draw the tables of rref_proto.context in docs/context.md, or check that they are drawn there.

    python scripts/context_diagrams.py [--check]

The document has a comment where a table begins, `<!-- table: NAME -->`, and one where it ends,
`<!-- end -->`. What is between them is written by this script.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from rref_proto.context.rules import ACCEPTING, FORK_RULES, RREF_RULES

DOCUMENT = Path(__file__).parent.parent / "docs" / "context.md"
PART = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
NO_ROW = "[*]"


def state_diagram(rules: Mapping[tuple[Any, Any], Any]) -> str:
    """Draw the changes of state. Events that do the same share an arrow."""
    arrows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (state, event), rule in rules.items():
        actions = "".join(f" / {action}" for action in rule.actions)
        arrows[_name(state), _name(rule.state), actions].append(str(event))
    lines = [
        f"    {before} --> {after}: {', '.join(events)}{actions}"
        for (before, after, actions), events in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def accepting_table() -> str:
    """Write what the receiver of an RRef does, by who passes it on to whom."""
    role = {True: "the owner", False: "a user"}
    rows = [
        f"| {role[way.parent_is_owner]} | {role[way.receiver_is_owner]} | {does} |"
        for way, does in ACCEPTING.items()
    ]
    head = ["| passed on by | to | action of the receiver, or event of its new fork |"]
    return "\n".join([*head, "| --- | --- | --- |", *rows, ""])


TABLES: dict[str, Callable[[], str]] = {
    "FORK_RULES": lambda: state_diagram(FORK_RULES),
    "RREF_RULES": lambda: state_diagram(RREF_RULES),
    "ACCEPTING": accepting_table,
}


def drawn(document: str) -> str:
    """Return the document with all tables drawn as they are now."""
    return PART.sub(lambda part: part[1] + TABLES[part[2]]() + part[3], document)


def _name(state: Enum | None) -> str:
    return NO_ROW if state is None else str(state)


def main() -> int:
    """Write the document, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare; 1 if they differ")
    is_check = parser.parse_args().check
    document = DOCUMENT.read_text(encoding="utf-8")
    if not is_check:
        DOCUMENT.write_text(drawn(document), encoding="utf-8")
    elif document != drawn(document):
        print("docs/context.md differs from the tables: run scripts/context_diagrams.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
