"""Hostile input takes time and memory in proportion to its size."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.internal import api_implementation

from rref_proto import (
    DecodeError,
    EncodeError,
    ForkId,
    IValue,
    Ledger,
    Message,
    MessageType,
    PythonRRefFetchCall,
    RpcCommandBase,
    RRefAck,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
    libtorch,
    read_recording,
)

from wire import length_delimited, varint
from work import LARGEST_GROWTH, growth_of, peak_of

RETURN = MessageType.SCRIPT_RREF_FETCH_RET
PURE_PYTHON = api_implementation.Type() == "python"
# What README.md promises. In the pure-Python backend every value is an object of Python.
PROPORTION = 1600 if PURE_PYTHON else 400
# What references may expand to in any case takes no more.
ALWAYS = 64_000_000 if PURE_PYTHON else 2_000_000


def refusal(read: Callable[[bytes], object], data: bytes, problem: str) -> Callable[[], None]:
    """Return a function that reads `data`, which must be refused with the text `problem`."""

    def attempt() -> None:
        with pytest.raises(DecodeError, match=problem):
            read(data)

    return attempt


def read_return(payload: bytes) -> Message:
    return libtorch.from_payload(RETURN, payload)


def read_message(wire: bytes) -> RpcCommandBase:
    return fromMessage(Message.FromString(wire))


def doubling(levels: int) -> bytes:
    """Return a payload in which each tuple holds the tuple before it twice: 2**levels values."""
    payload = b"\x80\x02)q\x00"
    for level in range(levels):
        payload += bytes([0x68, level, 0x86, 0x71, level + 1])
    return payload + b"\x85."


def test_references_that_unfold_out_of_proportion_are_refused() -> None:
    for levels in (20, 30, 60):
        payload = doubling(levels)
        assert len(payload) < 1000
        assert peak_of(refusal(read_return, payload, "references that unfold")) < ALWAYS
    assert read_return(doubling(10)).type is RETURN


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
# Payloads that are refused at their end or in their middle, each with the reason.
AMPLIFIERS = {
    "a long count of text": (b"\x80\x02X\xff\xff\xff\x7f" + b"x" * LARGE, "2147483647 more bytes"),
    "a memo far away": (b"\x80\x02" + b"Nr\xff\xff\xff\x7f" * (LARGE // 6), "1 more bytes, got 0"),
    "a stack of marks": (b"\x80\x02" + b"(" * LARGE, "1 more bytes, got 0"),
    "a stack of lists": (b"\x80\x02" + b"]" * LARGE, "1 more bytes, got 0"),
    "values and no end": (b"\x80\x02(" + b"N" * LARGE, "1 more bytes, got 0"),
}


@pytest.mark.parametrize(("payload", "problem"), AMPLIFIERS.values(), ids=AMPLIFIERS.keys())
def test_a_refused_payload_takes_memory_in_proportion(payload: bytes, problem: str) -> None:
    assert peak_of(refusal(read_return, payload, problem)) < PROPORTION * len(payload)
    assert peak_of(refusal(read_return, payload[:1000], "more bytes")) < 1_000_000


def test_a_payload_of_many_values_takes_memory_in_proportion() -> None:
    payload = b"\x80\x02(" + b"N" * LARGE + b"t\x85."
    read: list[Message] = []
    assert peak_of(lambda: read.append(read_return(payload))) < PROPORTION * len(payload)
    (value,) = ScriptRRefFetchRet.fromMessage(read[0]).values()
    assert value.to_python() == (None,) * LARGE


MESSAGES = {
    "empty tensors": (b"\xaa\x06\x00" * (LARGE // 3), "expected a ScalarType, got 0"),
    "tensors of no elements": (b"\xaa\x06\x05\x08\x02\x12\x01\x00" * (LARGE // 8), "got UNKNOWN"),
    "empty values": (length_delimited(9, b"\x0a\x00" * (LARGE // 2)), "found none"),
    "None": (length_delimited(9, b"\x0a\x02\x0a\x00" * (LARGE // 4)), "exactly one value"),
    "unknown fields": (b"\x98\x06\x00" * (LARGE // 3), "got UNKNOWN"),
    "groups": (b"\x9b\x06\x9c\x06" * (LARGE // 4), "got UNKNOWN"),
    "open groups": (b"\x9b\x06" * (LARGE // 2), "expected the wire bytes of a Message"),
    "sizes": (
        length_delimited(101, b"\x08\x02" + length_delimited(2, b"\x01" * LARGE)),
        "data: expected 1 bytes",
    ),
}


@pytest.mark.parametrize(("wire", "problem"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_takes_memory_in_proportion(wire: bytes, problem: str) -> None:
    assert peak_of(refusal(read_message, wire, problem)) < PROPORTION * len(wire)


def test_a_recording_claims_no_memory_that_it_does_not_fill() -> None:
    recording = b"\xff\xff\xff\xff\x07" + b"x" * 1000
    attempt = refusal(lambda data: list(read_recording(data)), recording, "got 1000: cut off")
    assert peak_of(attempt) < 1_000_000


def test_a_name_is_never_imported() -> None:
    payload = b"\x80\x02cantigravity\nfly\n)R\x85."
    with pytest.raises(DecodeError, match=r"antigravity\.fly"):
        libtorch.from_payload(RETURN, payload)


def test_what_is_not_whole_is_not_memoized() -> None:
    lists = b"\x80\x02ctorch.jit._pickle\nbuild_intlist\nq\x00]q\x01(" + b"K\x01" * 100 + b"e"
    payload = lists + b"h\x00h\x01\x85R" * 100 + b"."
    with pytest.raises(DecodeError, match="whole value to memoize"):
        libtorch.from_payload(RETURN, payload)


def test_a_long_name_with_many_short_references_is_refused() -> None:
    device = b"ctorch\ndevice\nX" + struct.pack("<I", 50_000) + b"a" * 50_000 + b"\x85Rq\x00"
    enum = b"c__torch__.m\n" + b"A" * 50_000 + b"\nq\x00"
    for payload, problem in (
        (device + b"h\x00" * 1000, "expected a device"),
        (enum + b"h\x00K\x01R" * 1000, "expected a name"),
    ):
        whole = b"\x80\x02(" + payload + b"t\x85."
        assert peak_of(refusal(read_return, whole, problem)) < PROPORTION * len(whole)


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


# Python hashes a tuple of two numbers with these, the same in every process.
MULTIPLIER, START, FACTOR = 0x9E3779B185EBCA87, 0x27D4EB2F165667C5, 0xC2B2AE3D27D4EB4F
MASK = 2**64 - 1


def ids_of_one_tuple_hash() -> Iterator[tuple[int, int]]:
    """Yield pairs of numbers that have, as tuples, the same hash."""

    def after_first(number: int) -> int:
        mixed = START + number * FACTOR & MASK
        return (mixed << 31 | mixed >> 33) * MULTIPLIER & MASK

    for created_on in range(1 << 15):
        local_id = (after_first(1) - after_first(created_on)) * pow(FACTOR, -1, 1 << 64) & MASK
        if 1 < local_id < 2**61 - 1:  # such a number is its own hash
            yield created_on, local_id


def test_nobody_can_choose_many_identifiers_of_one_hash() -> None:
    chosen = list(ids_of_one_tuple_hash())
    assert len(chosen) > 1000
    for each in (RRefId, ForkId):
        hashes = Counter(hash(each(*numbers)) for numbers in chosen)
        assert max(hashes.values()) < 5


def test_a_ledger_of_chosen_identifiers_is_no_more_work_for_each() -> None:
    chosen = list(ids_of_one_tuple_hash())

    def follow(size: int) -> None:
        ledger = Ledger()
        for numbers in chosen[:size]:
            rref_id, fork_id = RRefId(*numbers), ForkId(*numbers)
            for command in (RRefForkRequest(rref_id, fork_id), RRefUserDelete(rref_id, fork_id)):
                ledger.observe(2, 0, command.toMessage().with_id(numbers[1]))
        assert len(list(ledger.unnamed())) == size
        ledger.doubts()

    assert growth_of(follow, 900) < LARGEST_GROWTH
