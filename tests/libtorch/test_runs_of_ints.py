"""Ints in a payload: a reader takes a run of them at once."""

from __future__ import annotations

import pytest
from hypothesis import given

from rref_proto import (
    DecodeError,
    IValue,
    MessageType,
    ScriptRRefFetchRet,
    fromMessage,
    libtorch,
)

from strategies import int64

RETURN = MessageType.SCRIPT_RREF_FETCH_RET
# Each encoding of an int that libtorch writes, with its lowest and highest number.
NUMBERS = [0, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**63 - 1, -1, -(2**31), -(2**63)]


def payload_of(numbers: list[int]) -> bytes:
    value = IValue("int_list", numbers)
    return libtorch.to_payload(ScriptRRefFetchRet([value]).toMessage()).payload


def read(payload: bytes) -> IValue:
    command = fromMessage(libtorch.from_payload(RETURN, payload))
    assert isinstance(command, ScriptRRefFetchRet)
    (value,) = command.values()
    return value


@given(int64)
def test_a_number_between_others_is_read(number: int) -> None:
    for numbers in ([number], [1, number, 256], [number] * 3, [*NUMBERS, number, *NUMBERS]):
        assert read(payload_of(numbers)).value == tuple(numbers)


def test_a_payload_that_ends_at_any_byte_is_refused_there() -> None:
    payload = payload_of(NUMBERS)
    assert read(payload).value == tuple(NUMBERS)
    for end in range(len(payload)):
        with pytest.raises(DecodeError, match=r"^byte \d+ of the payload: expected ") as caught:
            read(payload[:end])
        assert int(str(caught.value).split()[1]) <= end


RUNS = {
    "a cut BININT1": (b"K\x01K", 4, "expected an int, got its beginning only"),
    "a cut BININT2": (b"K\x01M\x01", 4, "expected an int, got its beginning only"),
    "a cut BININT": (b"M\x01\x01J\x01\x01\x01", 5, "expected an int, got its beginning only"),
    "a cut LONG1": (b"K\x01\x8a\x08" + b"\x01" * 7, 4, "expected 8 more bytes, got 7"),
    "a short LONG1": (b"K\x01\x8a\x01\x01.", 4, "expected a long of 8 bytes, got 1"),
    "another opcode": (b"K\x01I1\n.", 4, "expected an opcode that libtorch writes, got 0x49"),
    "no end": (b"K\x01K\x02", 6, "expected 1 more bytes, got 0"),
    "no tuple": (b"K\x01.", 4, "expected a tuple, got 1"),
    "two ints": (b"K\x01K\x02.", 6, "expected one value at the end, got 2"),
}


@pytest.mark.parametrize(("run", "byte", "problem"), RUNS.values(), ids=RUNS)
def test_a_wrong_run_is_refused_at_its_byte(run: bytes, byte: int, problem: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(b"\x80\x02" + run)
    assert str(caught.value) == f"byte {byte} of the payload: {problem}"


def test_a_run_ends_where_a_mark_is() -> None:
    """What is behind a MARK belongs to it, though the ints around it are one run of bytes."""
    payload = b"\x80\x02K\x01(K\x02K\x03t\x86\x85."
    assert read(payload).to_python() == (1, (2, 3))
    with pytest.raises(DecodeError, match="expected a value before this opcode"):
        read(b"\x80\x02K\x01(\x85.")
    assert read(b"\x80\x02M\xff\xff\x85.").value == 65_535
