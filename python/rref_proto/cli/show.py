"""`rref-proto show`: a conversation, one line a message, or as a diagram, or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator

from .._text import printable
from ..recording import Record, RecordedEvent, RecordedMessage
from .arguments import Commands, add_command, add_recordings
from .files import read_recordings
from .names import Names, seconds
from .sizes import sizes_of
from .summary import event_summary, summary_of

# A semicolon would end a statement of mermaid's, and a hash would begin an entity.
MERMAID_ENTITIES = str.maketrans({"#": "#35;", ";": "#59;"})


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    show = add_command(commands, "show", run, "print a conversation, one line a message")
    add_recordings(show)
    show.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Print the recordings that the call names; return the exit code."""
    for line in FORMATS[options.format](read_recordings(options.recordings)):
        print(line)
    return 0


def text_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each record: time since the first, then the message or the event."""
    names, start = Names(), None
    for record in records:
        start = record.time if start is None else start
        names.learn(record)
        if isinstance(record, RecordedEvent):
            text = f"{names(record.worker_id):<8}  {event_summary(record)}"
        else:
            text = _message_text(record, names)
        yield printable(f"{seconds(record.time - start):>14}  {text}".rstrip())


def _message_text(record: RecordedMessage, names: Names) -> str:
    """Return the way, the name, the ids or the value, and the sizes of a message."""
    way = f"{names(record.from_worker_id)} -> {names(record.to_worker_id)}"
    number = "" if record.message.id is None else f"#{record.message.id}"
    name, said, command = summary_of(record)
    return f"{way:<8}  {name:<19}  {number:<4}  {said:<42}  {sizes_of(record, command)}"


def mermaid_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a mermaid sequence diagram."""
    yield "sequenceDiagram"
    names = Names()
    for record in records:
        names.learn(record)
        if isinstance(record, RecordedEvent):
            worker = _participant(record.worker_id, names)
            yield f"    Note over {worker}: {_label(event_summary(record))}"
        else:
            name, said, _ = summary_of(record)
            arrow = "-->>" if record.message.isResponse() else "->>"
            sender = _participant(record.from_worker_id, names)
            receiver = _participant(record.to_worker_id, names)
            yield f"    {sender}{arrow}{receiver}: {_label(f'{name} {said}'.rstrip())}"


def _label(text: str) -> str:
    return printable(text).translate(MERMAID_ENTITIES)


def _participant(worker: int, names: Names) -> str:
    """Return a name for a worker that mermaid can refer to, and no other worker has."""
    number = str(worker).replace("-", "m")
    name = "".join(each if each.isalnum() else "_" for each in names.known.get(worker, ""))
    if not name:
        return f"w{number}"
    return f"{name if name.isidentifier() else 'w' + name}_{number}"


def json_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield each record in protobuf's JSON."""
    return (record.to_json() for record in records)


FORMATS: dict[str, Callable[[Iterable[Record]], Iterator[str]]] = {
    "text": text_lines,
    "mermaid": mermaid_lines,
    "json": json_lines,
}
