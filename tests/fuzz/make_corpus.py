"""Write the seeds of the fuzz targets: different small messages of tests/data.

    python tests/fuzz/make_corpus.py

The corpus also has inputs that fuzzing found. This script does not remove them.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "python_object")]

from rref_proto import MessageType  # noqa: E402

from captured_pickles import captured_pickles  # noqa: E402 - found by the path above
from captures import Row, call_rows, rows  # noqa: E402 - found by the path above

LARGEST = 2000
# fuzz.py uses the first byte of a payload as an index into this list. The corpus has such bytes, so
# new types are added at the end.
PAYLOAD_TYPES = [
    *(each for each in MessageType if 0x6 <= each & 0xFF <= 0xE),
    *(each for each in MessageType if each & 0xFF < 0x6),
    MessageType.EXCEPTION,
]
RECORDS = 12


def shapes(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the first row of each class and kind of value."""
    seen = set()
    for row in rows:
        values = row.command.toMessage().proto.WhichOneof("body"), row.payload[:60:7]
        if values not in seen and len(row.payload) < LARGEST:
            seen.add(values)
            yield row


def write(target: str, seeds: Iterable[bytes]) -> None:
    """Write each seed to a file. Its name is the hash of its content."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


def recordings() -> Iterator[bytes]:
    """Yield two beginnings of each recording, of different sizes."""
    for path in sorted((HERE.parent / "data").glob("*.rref")):
        recording = path.read_bytes()
        for size in (RECORDS * 20, RECORDS * 40):
            yield recording[:size]


def pickles() -> Iterator[bytes]:
    """Yield some pickles that are of different lengths."""
    by_length = {len(each.payload): each.payload for each in captured_pickles()}
    yield from (by_length[length] for length in sorted(by_length))


def main() -> None:
    """Write all seeds."""
    chosen = list(islice(shapes(rows()), 80))
    chosen += islice(shapes(each.row for each in call_rows()), 40)
    messages = [row.command.toMessage() for row in chosen]
    write("message", (message.with_id(3).SerializeToString() for message in messages))
    write("json", (message.to_json().encode() for message in messages))
    write("payload", (bytes([PAYLOAD_TYPES.index(row.type)]) + row.payload for row in chosen))
    write("pickle", pickles())
    write("recording", recordings())


if __name__ == "__main__":
    main()
