"""Write the seeds of the fuzz targets, made of tests/data: one of each shape, small ones first.

    python tests/fuzz/make_corpus.py

Inputs that fuzzing found are in the corpus beside them, and stay.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from rref_proto import MessageType  # noqa: E402

from captures import Row, rows  # noqa: E402 - found by the path above

LARGEST = 2000
# fuzz.py takes the type of a payload from its first byte, by the order of MessageType.
PAYLOAD_TYPES = [each for each in MessageType if 0x6 <= each & 0xFF <= 0xE]
RECORDS = 12


def shapes(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the first row of each class and kind of value."""
    seen = set()
    for row in rows:
        values = row.command.toMessage().proto.WhichOneof("body"), row.payload[:60:7]
        if values not in seen and len(row.payload) < LARGEST:
            seen.add(values)
            yield row


def write(target: str, seeds: Iterable[bytes]) -> None:
    """Write seeds under names that tell their content."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


def recordings() -> Iterator[bytes]:
    """Give the beginning of each recording, and a beginning that is cut off."""
    for path in sorted((HERE.parent / "data").glob("*.rref")):
        recording = path.read_bytes()
        for size in (RECORDS * 20, RECORDS * 40):
            yield recording[:size]


def main() -> None:
    """Write all seeds."""
    chosen = list(islice(shapes(rows()), 80))
    messages = [row.command.toMessage() for row in chosen]
    write("message", (message.with_id(3).SerializeToString() for message in messages))
    write("json", (message.to_json().encode() for message in messages))
    write("payload", (bytes([PAYLOAD_TYPES.index(row.type)]) + row.payload for row in chosen))
    write("recording", recordings())


if __name__ == "__main__":
    main()
