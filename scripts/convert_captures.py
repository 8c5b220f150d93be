"""Convert captures of libtorch's messages (JSON Lines) into recordings (.rref).

    python scripts/convert_captures.py CAPTURE.jsonl ... --output DIRECTORY

Each line has time_us, from, to, type, id, payload (hex) and tensors, as tests/data/README.md says.
The times of a capture count from its first message, so the recording begins at the epoch.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rref_proto import RecordedMessage, ScalarType, Tensor, libtorch, write_recording


def read_tensor(row: dict[str, Any]) -> Tensor:
    """Make a Tensor from its JSON form: dtype, sizes, data in hex, requires_grad."""
    data = bytes.fromhex(row["data"])
    return Tensor(ScalarType[row["dtype"]], row["sizes"], data, row.get("requires_grad", False))


def read_capture(path: Path) -> Iterator[RecordedMessage]:
    """Yield the messages of one capture."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            tensors = [read_tensor(tensor) for tensor in row["tensors"]]
            payload = bytes.fromhex(row["payload"])
            message = libtorch.from_payload(row["type"], payload, tensors, row["id"])
            yield RecordedMessage(row["time_us"] * 1000, row["from"], row["to"], message)


def main() -> None:
    """Convert the files that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True, help="an existing directory")
    options = parser.parse_args()
    for capture in options.captures:
        with (options.output / capture.with_suffix(".rref").name).open("wb") as file:
            count = write_recording(file, read_capture(capture))
        print(f"{capture.name}: {count} messages")


if __name__ == "__main__":
    main()
