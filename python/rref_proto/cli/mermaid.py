"""`show --format mermaid`: a sequence diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._text import printable
from ..recording import Record, RecordedEvent
from .names import Names
from .summary import event_summary, summary_of

# What mermaid, or the page around the diagram, can take for something else than text. Entities have
# "#", "&" and ";", which also begin comments and end statements. Options and styles have a colon,
# directives "%", HTML "<" and ">", formulas "$", line breaks a backslash. While mermaid works, it
# writes the ligature "fl" where an entity begins, and a pilcrow where it ends.
SPECIAL = "#&;:%<>$\\\N{LATIN SMALL LIGATURE FL}\N{PILCROW SIGN}"
# As mermaid writes entities.
ENTITIES = str.maketrans({character: f"#{ord(character)};" for character in SPECIAL})


def mermaid_lines(records: Iterable[Record], names: Names) -> Iterator[str]:
    """Yield the lines of a mermaid sequence diagram."""
    yield "sequenceDiagram"
    participants = Participants(names)
    for record in records:
        if isinstance(record, RecordedEvent):
            yield from participants.declare(record.worker_id)
            worker = participant(record.worker_id)
            yield f"    Note over {worker}: {as_text(event_summary(record))}"
        else:
            yield from participants.declare(record.from_worker_id, record.to_worker_id)
            name, said, _ = summary_of(record)
            arrow = "-->>" if record.message.isResponse() else "->>"
            way = f"{participant(record.from_worker_id)}{arrow}{participant(record.to_worker_id)}"
            yield f"    {way}: {as_text(f'{name} {said}'.rstrip())}"


class Participants:
    """The workers whose names the diagram has been told."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.declared: dict[int, str] = {}

    def declare(self, *workers: int) -> Iterator[str]:
        """Yield a line for each worker whose name has not been told, or is another one now."""
        for worker in workers:
            name = self.names(worker)
            if worker in self.names.known and self.declared.get(worker) != name:
                self.declared[worker] = name
                yield f"    participant {participant(worker)} as {as_text(name)}"


def participant(worker: int) -> str:
    """Return what the diagram calls a worker: no word of mermaid's, whatever its name is."""
    return f"w{worker}".replace("-", "m")


def as_text(text: str) -> str:
    """Return text that mermaid shows as it is."""
    return printable(text).translate(ENTITIES)
