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
sys.path[:0] = [str(HERE.parent / folder) for folder in ("", "python_object", "tensorpipe")]

from rref_proto import MessageType  # noqa: E402

from captured_pickles import captured_pickles  # noqa: E402 - found by the path above
from captures import Row, call_rows, rows  # noqa: E402 - found by the path above
from recorded_pipes import frames, session  # noqa: E402 - found by the path above

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


def in_pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the pieces of an input of the target "pipe": on which connection each comes."""
    position = 0
    while position < len(data):
        number, length = (
            data[position] % 3,
            int.from_bytes(data[position + 1 : position + 3], "little"),
        )
        position += 3 + length
        yield number, data[position - length : position]


def piece(number: int, data: bytes) -> bytes:
    """Return a piece of such an input."""
    return bytes([number]) + len(data).to_bytes(2, "little") + data


def pipes() -> Iterator[bytes]:
    """Yield openings of a pipe with a message each, as the server sees them."""
    client = session("w0").client
    opening = piece(0, client.opening["d"])
    for number in (0, 1):
        # The numbers that the server's own Listener gives.
        opening += piece(1 + number, bytes.fromhex(f"0500000000000000b801b901{number:02x}"))
    for message, tensors in client.messages:
        if len(message) < LARGEST:
            yield opening + piece(0, message) + piece(2, tensors)


def tables() -> Iterator[bytes]:
    """Yield the tables of tensors of all recorded messages."""
    for message, _ in session("w0").client.messages:
        *_, table = frames(message)
        if len(table) < LARGEST:
            yield table[8:]


def packets() -> Iterator[bytes]:
    """Yield packets, after the index into the list of them in fuzz.py."""
    recorded = session("w0")
    packet, brochure = frames(recorded.client.opening["d"])
    yield b"\x00" + packet[8:]
    yield b"\x00" + recorded.client.opening["r"][8:]
    yield b"\x01" + brochure[8:]
    yield b"\x02" + recorded.server.opening["d"][8:]
    for message, _ in recorded.client.messages:
        yield b"\x03" + next(frames(message))[8:][:LARGEST]
    yield b"\x04" + bytes.fromhex("b901ba01b902bd0363707500")


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
    write("packet", packets())
    write("table", tables())
    write("pipe", pipes())
    write("store", [bytes([each]) + bytes([each]) + bytes(7) + b"12345" for each in range(6)])


if __name__ == "__main__":
    main()
