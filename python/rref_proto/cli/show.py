"""`rref-proto show`: a conversation, one line a message, or as a diagram, or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

from ..recording import Record
from .arguments import Commands, add_command, add_recordings
from .files import Progress, read_recordings
from .filters import Selection, add_filters
from .lines import text_lines
from .mermaid import mermaid_lines
from .names import seconds
from .streams import is_output_watched
from .times import absolute


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    show = add_command(
        commands,
        "show",
        run,
        "print a conversation, one line a message",
        example="rref-proto show job-*.rref --worker trainer --since +1.5",
    )
    add_recordings(show)
    show.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")
    show.add_argument(
        "--absolute",
        action="store_true",
        help="in text, print the time by the clock, in UTC, and not since the first message",
    )
    add_filters(show)


def run(options: argparse.Namespace) -> int:
    """Print the recordings that the call names; return the exit code."""
    selection = Selection(options)
    # On one terminal, the bar and the lines would be mixed.
    with Progress([] if is_output_watched() else options.recordings) as progress:
        records = selection.of(read_recordings(options.recordings, progress))
        lines = FORMATS[options.format](records, selection, options.absolute)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _in_text(records: Iterable[Record], selection: Selection, is_absolute: bool) -> Iterator[str]:
    def since_start(time: int) -> str:
        return f"{seconds(time - selection.start):>14}"

    return text_lines(records, selection.names, absolute if is_absolute else since_start)


FORMATS: dict[str, Callable[[Iterable[Record], Selection, bool], Iterator[str]]] = {
    "text": _in_text,
    "mermaid": lambda records, selection, _: mermaid_lines(records, selection.names),
    "json": lambda records, *_: (record.to_json() for record in records),
}
