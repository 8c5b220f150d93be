"""What the command does with recordings: merging few and many of them, and showing one."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ledger import conversation
from timing import Table, compare

from rref_proto import write_recording
from rref_proto.cli.files import open_recordings
from rref_proto.cli.lines import text_lines
from rref_proto.cli.names import Names, seconds
from rref_proto.recording import Record, merge

MESSAGES = 10_000


def tables() -> Iterator[Table]:
    """Compare the times of the same messages in one recording, in two and in a thousand."""
    with tempfile.TemporaryDirectory() as directory:
        divided = {count: _divide(Path(directory), count) for count in (1, 2, 1000)}
        (whole,) = divided[1]
        yield compare(
            f"{MESSAGES:,} messages, merged and shown",
            {
                "reading one recording": lambda: _exhaust(_records([whole])),
                "merging two recordings": lambda: _exhaust(_records(divided[2])),
                "merging a thousand recordings": lambda: _exhaust(_records(divided[1000])),
                "a line of text for each message": lambda: _exhaust(
                    text_lines(_records([whole]), Names(), seconds)
                ),
            },
        )


def _divide(directory: Path, count: int) -> list[str]:
    """Write the messages into so many recordings, in turn; return their paths."""
    records = list(islice(conversation(), MESSAGES))
    paths = [directory / f"{count}-{number}.rref" for number in range(count)]
    for number, path in enumerate(paths):
        with path.open("wb") as file:
            write_recording(file, records[number::count])
    return list(map(str, paths))


def _records(paths: list[str]) -> Iterator[Record]:
    return merge(open_recordings(paths))


def _exhaust(iterator: Iterator[object]) -> None:
    deque(iterator, maxlen=0)
