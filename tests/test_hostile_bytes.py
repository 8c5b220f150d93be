"""Bytes that were changed or made up are read, or refused with a DecodeError."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    IValue,
    Message,
    MessageType,
    PythonRemoteCall,
    ScriptCall,
    ScriptResp,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
    libtorch,
    read_recording,
)

from captures import Row, call_rows, rows, seeds
from conversations import ack, in_bytes, sent

RETURN = MessageType.SCRIPT_RREF_FETCH_RET
# Calls whose payload is a pickle of libtorch, to its last byte.
PICKLED_CALLS = (ScriptCall, ScriptResp, PythonRemoteCall)
CALLS = [each.row for each in call_rows() if isinstance(each.row.command, PICKLED_CALLS)]
ROWS = sorted({(row.type, row.payload): row for row in [*rows(), *CALLS]}.items())
UNLIKE = [row for (_, payload), row in ROWS if 0 < len(payload) < 400][::9]
# The payload of a None. If any bit of it is changed, it is not valid.
NONE = b"\x80\x02N\x85."
RECORDING = in_bytes([sent(1_500_000_000, number=7, names=("a", "b")), ack(2, 7)])
JSON = ScriptRRefFetchRet([IValue.from_python((1, "a"))]).toMessage().to_json().encode()


# Each function reads data of one format, writes what it read, and reads that again.
def read_message_twice(wire: bytes) -> None:
    command = fromMessage(Message.FromString(wire))
    again = Message.FromString(command.toMessage().SerializeToString())
    assert fromMessage(again) == command


def read_payload_twice(
    payload: bytes, message_type: int = RETURN, tensors: Sequence[Tensor] = ()
) -> None:
    message = libtorch.from_payload(message_type, payload, tensors)
    native = libtorch.to_payload(message)
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == fromMessage(message)


def read_recording_twice(recording: bytes) -> None:
    recorded = list(read_recording(recording))
    assert list(read_recording(in_bytes(recorded))) == recorded


def read_json_twice(text: bytes) -> None:
    message = Message.from_json(text)
    assert Message.from_json(message.to_json()) == message


def outcomes(read: Callable[[bytes], object], inputs: Iterable[bytes]) -> set[str]:
    """Read each of the inputs; return what happened. Only DecodeErrors are expected."""
    seen = set()
    for data in inputs:
        try:
            read(data)
        except DecodeError:
            seen.add("refused")
        else:
            seen.add("read")
    return seen


def with_a_bit_flipped(data: bytes) -> Iterator[bytes]:
    """Yield every version of `data` that differs in one bit."""
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            yield bytes(changed)


@pytest.mark.parametrize("row", UNLIKE, ids=lambda row: type(row.command).__name__)
def test_a_payload_cut_anywhere_is_refused(row: Row) -> None:
    cuts = [row.payload[:size] for size in range(len(row.payload))]
    read = partial(read_payload_twice, message_type=row.type, tensors=row.tensors)
    assert outcomes(read, cuts) == {"refused"}


@pytest.mark.parametrize(
    "row",
    [row for row in UNLIKE if row.payload != NONE],
    ids=lambda row: type(row.command).__name__,
)
def test_a_payload_with_any_bit_flipped_is_read_or_refused(row: Row) -> None:
    read = partial(read_payload_twice, message_type=row.type, tensors=row.tensors)
    assert outcomes(read, with_a_bit_flipped(row.payload)) == {"read", "refused"}


def test_a_payload_of_nothing_with_any_bit_flipped_is_refused() -> None:
    assert outcomes(read_payload_twice, [NONE]) == {"read"}
    assert outcomes(read_payload_twice, with_a_bit_flipped(NONE)) == {"refused"}


# A longer one has a long text, of which each bit is as good as the next.
@pytest.mark.parametrize("seed", [seed for seed in seeds()[::7] if len(seed) < 600])
def test_a_message_cut_anywhere_or_with_any_bit_flipped_is_read_or_refused(seed: bytes) -> None:
    assert outcomes(read_message_twice, with_a_bit_flipped(seed)) == {"read", "refused"}
    cuts = [seed[:size] for size in range(len(seed))]
    assert "refused" in outcomes(read_message_twice, cuts)


@pytest.mark.parametrize(
    ("read", "data"),
    [(read_recording_twice, RECORDING), (read_json_twice, JSON)],
    ids=["recording", "JSON"],
)
def test_a_file_with_any_bit_flipped_is_read_or_refused(
    read: Callable[[bytes], None], data: bytes
) -> None:
    assert outcomes(read, [data]) == {"read"}
    assert outcomes(read, with_a_bit_flipped(data)) == {"read", "refused"}


@pytest.mark.parametrize(
    ("read", "start"),
    [
        (read_message_twice, b""),
        (read_payload_twice, b"\x80\x02"),
        (read_recording_twice, b""),
        (read_json_twice, b""),
    ],
    ids=["message", "payload", "recording", "JSON"],
)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(
    read: Callable[[bytes], None], start: bytes, data: bytes
) -> None:
    outcomes(read, [start + data])  # raises if anything but a DecodeError was raised
