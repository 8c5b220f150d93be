"""The pickles that PyTorch's RPC wrote in a captured conversation, with their tensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from rref_proto import ScalarType, SerializedPyObj, Tensor

CONVERSATION = Path(__file__).parents[1] / "data" / "calls-conversation.jsonl"
PYTHON_CALL = 0x102
PYTHON_REMOTE_CALL = 0x105
PYTHON_RET = 0x203
PYTHON_RREF_FETCH_RET = 0x20A
# How a pickle of Python's begins, also inside a payload.
PROTOCOL_4 = b"\x80\x04"


def _pickle_of(number: int, payload: bytes) -> bytes:
    """Return the pickle that the payload of a message carries."""
    if number == PYTHON_CALL:
        return payload[1:]  # one byte tells whether the function is asynchronous
    if number == PYTHON_RET:
        return payload
    start = payload.index(PROTOCOL_4)
    (length,) = struct.unpack("<I", payload[start - 4 : start])
    return payload[start : start + length]


def captured_pickles() -> list[SerializedPyObj]:
    """Return all pickles of the conversation, in their order."""
    carriers = {PYTHON_CALL, PYTHON_REMOTE_CALL, PYTHON_RET, PYTHON_RREF_FETCH_RET}
    found = []
    for line in CONVERSATION.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["type"] in carriers:
            tensors = tuple(
                Tensor(
                    ScalarType[fields["dtype"]],
                    fields["sizes"],
                    bytes.fromhex(fields["data"]),
                    fields["requires_grad"],
                )
                for fields in row["tensors"]
            )
            pickle = _pickle_of(row["type"], bytes.fromhex(row["payload"]))
            found.append(SerializedPyObj(pickle, tensors))
    return found
