"""Input of people who mean harm: errors of the design, and work in proportion to its size."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    EncodeError,
    ForkId,
    IValue,
    Ledger,
    Message,
    MessageType,
    PythonRRefFetchCall,
    RRefAck,
    RRefForkRequest,
    RRefId,
    RRefProtoError,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
    libtorch,
    read_recording,
)

from captures import Row, rows, seeds
from wire import varint

RETURN = MessageType.SCRIPT_RREF_FETCH_RET
# What the README promises, which the pure-Python backend of protobuf comes close to.
PROPORTION = 400
ROWS = sorted({(row.type, row.payload): row for row in rows()}.items())
UNLIKE = [row for (_, payload), row in ROWS if len(payload) < 400][::9]


def peak_of(attempt: Callable[[], object]) -> int:
    """Return the most memory that `attempt` held, in bytes. Errors of the design are expected."""
    tracemalloc.start()
    try:
        attempt()
    except RRefProtoError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


def read_payload(row: Row, payload: bytes) -> None:
    libtorch.from_payload(row.type, payload, row.tensors)


@pytest.mark.parametrize("row", UNLIKE, ids=lambda row: type(row.command).__name__)
def test_a_payload_cut_anywhere_is_refused(row: Row) -> None:
    for size in range(len(row.payload)):
        with pytest.raises(DecodeError):
            read_payload(row, row.payload[:size])


@pytest.mark.parametrize("row", UNLIKE, ids=lambda row: type(row.command).__name__)
def test_a_payload_with_any_bit_flipped_is_read_or_refused(row: Row) -> None:
    for position in range(len(row.payload)):
        for bit in range(8):
            changed = bytearray(row.payload)
            changed[position] ^= 1 << bit
            try:
                read_payload(row, bytes(changed))
            except DecodeError:
                continue


@pytest.mark.parametrize("seed", seeds()[::7])
def test_a_message_cut_anywhere_or_with_any_bit_flipped_is_read_or_refused(seed: bytes) -> None:
    for position in range(len(seed)):
        flipped = [bytearray(seed) for _ in range(8)]
        for bit in range(8):
            flipped[bit][position] ^= 1 << bit
        for changed in (seed[:position], *map(bytes, flipped)):
            try:
                fromMessage(Message.FromString(changed))
            except DecodeError:
                continue


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for attempt in (
        lambda: fromMessage(Message.FromString(data)),
        lambda: libtorch.from_payload(RETURN, b"\x80\x02" + data),
        lambda: list(read_recording(data)),
        lambda: Message.from_json(data),
    ):
        try:
            attempt()
        except DecodeError:
            continue


def doubling(levels: int) -> bytes:
    """Return a payload of tuples that each hold the one before twice: 2**levels values."""
    payload = b"\x80\x02)q\x00"
    for level in range(levels):
        payload += bytes([0x68, level, 0x86, 0x71, level + 1])
    return payload + b"\x85."


def test_references_that_unfold_out_of_proportion_are_refused() -> None:
    for levels in (20, 30, 60):
        payload = doubling(levels)
        assert len(payload) < 1000
        with pytest.raises(DecodeError, match=r"references that unfold|levels of nesting"):
            libtorch.from_payload(RETURN, payload)
    assert peak_of(lambda: libtorch.from_payload(RETURN, doubling(60))) < 1_000_000
    assert libtorch.from_payload(RETURN, doubling(10)).type is RETURN


def test_text_that_unfolds_out_of_proportion_is_refused() -> None:
    text = b"X" + struct.pack("<I", 1 << 16) + b"x" * (1 << 16) + b"q\x00"
    payload = b"\x80\x02(" + text + b"h\x00" * (1 << 16) + b"t\x85."
    with pytest.raises(DecodeError, match="references that unfold"):
        libtorch.from_payload(RETURN, payload)


def nested(levels: int) -> bytes:
    """Return a ScriptRRefFetchRet of tuples inside tuples."""
    wire = b""
    for _ in range(levels):
        wire = b"\x0a" + varint(len(wire)) + wire
        wire = b"\x4a" + varint(len(wire)) + wire
    return wire


@pytest.mark.parametrize("levels", [50, 10_000, 100_000])
def test_nesting_without_end_is_refused(levels: int) -> None:
    payload = b"\x80\x02" + b"K\x01" + b"\x85" * levels + b"."
    with pytest.raises(DecodeError, match="levels of nesting"):
        libtorch.from_payload(RETURN, payload)
    with pytest.raises(DecodeError):
        fromMessage(Message.FromString(nested(min(levels, 10_000))))
    value: object = 1
    for _ in range(levels):
        value = (value,)
    with pytest.raises(EncodeError, match="levels of nesting"):
        IValue.from_python(value)


LARGE = 1 << 17
AMPLIFIERS = {
    "a long count of text": (b"\x80\x02X\xff\xff\xff\x7f" + b"x" * LARGE, RETURN),
    "a memo far away": (b"\x80\x02" + b"Nr\xff\xff\xff\x7f" * (LARGE // 6), RETURN),
    "a stack of marks": (b"\x80\x02" + b"(" * LARGE, RETURN),
    "a stack of lists": (b"\x80\x02" + b"]" * LARGE, RETURN),
    "a list of None": (b"\x80\x02(" + b"N" * LARGE + b"t\x85.", RETURN),
}


@pytest.mark.parametrize(("payload", "message_type"), AMPLIFIERS.values(), ids=AMPLIFIERS.keys())
def test_a_payload_takes_memory_in_proportion(payload: bytes, message_type: int) -> None:
    peak = peak_of(lambda: libtorch.from_payload(message_type, payload))
    assert peak < PROPORTION * len(payload)


def test_a_small_payload_takes_little_memory() -> None:
    for payload, message_type in AMPLIFIERS.values():
        small = payload[:1000]
        assert peak_of(lambda p=small, t=message_type: libtorch.from_payload(t, p)) < 1_000_000


MESSAGES = {
    "empty tensors": b"\xaa\x06\x00" * (LARGE // 3),
    "tensors of no elements": (b"\xaa\x06\x05\x08\x02\x12\x01\x00") * (LARGE // 8),
    "empty values": b"\x4a" + varint(LARGE) + b"\x0a\x00" * (LARGE // 2),
    "None": b"\x4a" + varint(LARGE) + b"\x0a\x02\x0a\x00" * (LARGE // 4),
    "unknown fields": b"\x98\x06\x00" * (LARGE // 3),
    "groups": b"\x9b\x06\x9c\x06" * (LARGE // 4),
    "open groups": b"\x9b\x06" * (LARGE // 2),
    "sizes": b"\xaa\x06" + varint(LARGE + 4) + b"\x12" + varint(LARGE) + b"\x01" * LARGE,
}


@pytest.mark.parametrize("wire", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_takes_memory_in_proportion(wire: bytes) -> None:
    def attempt() -> None:
        fromMessage(Message.FromString(wire))

    assert peak_of(attempt) < PROPORTION * len(wire)


def test_a_recording_claims_no_memory_that_it_does_not_fill() -> None:
    def attempt() -> None:
        list(read_recording(b"\xff\xff\xff\xff\x07" + b"x" * 1000))

    assert peak_of(attempt) < 1_000_000


def test_a_name_is_never_imported() -> None:
    payload = b"\x80\x02cantigravity\nfly\n)R\x85."
    with pytest.raises(DecodeError, match=r"antigravity\.fly"):
        libtorch.from_payload(RETURN, payload)


def test_a_value_of_many_references_is_written_in_its_own_size() -> None:
    value = IValue.from_python((1,))
    for _ in range(12):
        value = IValue("tuple_value", (value, value))
    native = libtorch.to_payload(ScriptRRefFetchRet([value]).toMessage())
    assert len(native.payload) < 200
    assert fromMessage(libtorch.from_payload(RETURN, native.payload)) == ScriptRRefFetchRet([value])


def test_what_is_not_whole_is_not_memoized() -> None:
    lists = b"\x80\x02ctorch.jit._pickle\nbuild_intlist\nq\x00]q\x01(" + b"K\x01" * 100 + b"e"
    payload = lists + b"h\x00h\x01\x85R" * 100 + b"."
    with pytest.raises(DecodeError, match="whole value to memoize"):
        libtorch.from_payload(RETURN, payload)


def test_a_long_name_with_many_short_references_is_refused() -> None:
    device = b"ctorch\ndevice\nX" + struct.pack("<I", 50_000) + b"a" * 50_000 + b"\x85Rq\x00"
    enum = b"c__torch__.m\n" + b"A" * 50_000 + b"\nq\x00"
    for payload in (device + b"h\x00" * 1000, enum + b"h\x00K\x01R" * 1000):
        whole = b"\x80\x02(" + payload + b"t\x85."
        assert peak_of(lambda p=whole: libtorch.from_payload(RETURN, p)) < PROPORTION * len(whole)
        with pytest.raises(DecodeError, match="expected a"):
            libtorch.from_payload(RETURN, whole)


def test_numbers_that_python_does_not_print_are_refused_like_others() -> None:
    huge = 10**5000
    for attempt in (
        lambda: RRefId(1, huge),
        lambda: IValue("int_value", huge),
        lambda: IValue.from_python(huge, "float"),
        lambda: RRefAck().toMessage().with_id(huge),
        lambda: Tensor(ScalarType.int8, [huge], b""),
        lambda: Tensor(huge, [], b"x"),  # type: ignore[arg-type]
    ):
        with pytest.raises(EncodeError, match="bits"):
            attempt()


def test_a_ledger_of_many_pending_forks_is_no_work_to_ask() -> None:
    ledger = Ledger()
    for number in range(3000):
        ledger.observe(2, 0, RRefForkRequest(RRefId(1, number), ForkId(2, number)).toMessage())
    for number in range(3000):
        ledger.observe(3, 0, PythonRRefFetchCall(3, RRefId(1, number)).toMessage())
    assert len(ledger.held()) == 6000
