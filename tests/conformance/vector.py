"""One vector, which is one line of vectors/: a message and how every language must write it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import message as protobuf

from rref_proto.v1 import (
    call_pb2,
    ids_pb2,
    ivalue_pb2,
    message_pb2,
    recording_pb2,
    rref_pb2,
    tensor_pb2,
)

FOLDER = Path(__file__).resolve().parent / "vectors"
# A group of vectors for the messages of each .proto file, and one for bytes that must be refused.
MODULES = {
    "ids": ids_pb2,
    "tensor": tensor_pb2,
    "ivalue": ivalue_pb2,
    "rref": rref_pb2,
    "call": call_pb2,
    "message": message_pb2,
    "recording": recording_pb2,
}
GROUPS = (*MODULES, "refused")


@dataclass(frozen=True)
class Vector:
    """`json` is None if `wire` must be refused. `payload` is None if libtorch has none."""

    name: str
    message: str
    wire: bytes
    json: dict[str, Any] | None = None
    # libtorch's MessageType and payload. Its tensors and its id are in the message.
    payload: tuple[int, bytes] | None = None

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]

    def to_line(self) -> str:
        line: dict[str, Any] = {
            "name": self.name,
            "message": self.message,
            "wire": self.wire.hex(),
        }
        if self.json is not None:
            line["json"] = self.json
        if self.payload is not None:
            line["payload"] = {"type": self.payload[0], "payload": self.payload[1].hex()}
        return json.dumps(line, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> Vector:
        read = json.loads(line)
        payload = read.get("payload")
        return cls(
            read["name"],
            read["message"],
            bytes.fromhex(read["wire"]),
            read.get("json"),
            payload and (payload["type"], bytes.fromhex(payload["payload"])),
        )


def message_class(name: str) -> type[protobuf.Message]:
    """Return the generated class of the schema's message `name`; raise KeyError if it has none."""
    for module in MODULES.values():
        found: type[protobuf.Message] | None = getattr(module, name, None)
        if found:
            return found
    raise KeyError(name)


def file_of(group: str) -> Path:
    return FOLDER / f"{group}.jsonl"


def read_vectors() -> Iterator[Vector]:
    """Yield all committed vectors, group by group."""
    for group in GROUPS:
        for line in file_of(group).read_text(encoding="ascii").splitlines():
            yield Vector.from_line(line)
