"""The work for a payload, read or written, grows with its size alone."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import (
    DecodeError,
    Device,
    EnumHolder,
    ForkId,
    IValue,
    Message,
    MessageType,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptCall,
    ScriptObject,
    Tensor,
    fromMessage,
    libtorch,
)
from rref_proto.ivalue import MAX_DEPTH, generated_parts
from rref_proto.ivalue.tree import is_deeper
from rref_proto.libtorch import reader

from work import LARGEST_GROWTH, growth_of, work_of

CALL = MessageType.SCRIPT_CALL
TENSOR = Tensor(ScalarType.uint8, [1], b"x")


def text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def tuple_of(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


# What all payloads below begin with: index 0 to 6 of the memo.
PRELUDE = tuple_of(
    b"ctorch.jit._pickle\nrestore_type_tag\nq\x00]\x58\x01\x00\x00\x00tq\x01\x86R",
    b"ctorch\ndevice\nq\x02\x58\x03\x00\x00\x00cpuq\x03\x85R",
    b"c__torch__\nA\nq\x04)\x81}b",
    b"ctorch.distributed.rpc\nrref\nq\x05(" + b"K\x01" * 6 + b"h\x01tR",
    b"ctorch.jit._pickle\nbuild_intlist\nq\x06]\x85R",
)


def in_lists(value: bytes, levels: int) -> bytes:
    return b"h\x00](" * levels + value + b"eh\x01\x86R" * levels


def in_objects(value: bytes, levels: int) -> bytes:
    return b"h\x04)\x81}(h\x01" * levels + value + b"ub" * levels


def in_memoized_tuples(value: bytes, levels: int) -> bytes:
    return value + b"\x85q\x08" * levels


def shared(content: bytes, use: bytes) -> Callable[[int], bytes]:
    """Return what makes a long text at index 7 of the memo, and uses it many times."""
    return lambda size: tuple_of(text(content * size) + b"q\x07", use * size)


def nones(size: int) -> bytes:
    return tuple_of(b"N" * size)


PAYLOADS: dict[str, Callable[[int], bytes]] = {
    "a shared text": shared(b"x", b"h\x07"),
    "a shared text of four bytes a letter": shared("\U0001f600".encode(), b"h\x07"),
    "shared bytes that are no text": shared(b"\xff", b"h\x07"),
    "a shared short text": lambda size: tuple_of(text(b"x" * 40) + b"q\x07", b"h\x07" * size),
    "a shared annotation": shared(b"x", b"h\x00]h\x07\x86R"),
    "a shared annotation of dicts": shared(b"x", b"h\x00}h\x07\x86R"),
    "a shared name of an attribute": shared(b"x", b"h\x04)\x81}(h\x07Nub"),
    "a shared type of RRefs": shared(b"x", b"h\x05(" + b"K\x01" * 6 + b"h\x07tR"),
    "a shared device": shared(b"x", b"h\x02h\x07\x85R"),
    "a shared short device": lambda size: tuple_of(b"h\x02h\x03\x85Rq\x07", b"h\x07" * size),
    "a long class": lambda size: tuple_of(
        b"c__torch__\n" + b"A" * 60 + b"\nq\x07)\x81}b", b"h\x07)\x81}b" * size
    ),
    "a long enum": lambda size: tuple_of(
        b"c__torch__\n" + b"A" * 60 + b"\nq\x07K\x01R", b"h\x07K\x01R" * size
    ),
    "too long a class": lambda size: tuple_of(
        b"c__torch__\n" + b"A" * 10 * size + b"\nq\x07", b"h\x07)\x81}b" * size
    ),
    "shared nones": lambda size: tuple_of(nones(size) + b"q\x07", b"h\x07" * size),
    "shared small tuples": lambda size: tuple_of(nones(5) + b"q\x07", b"h\x07" * size),
    "a shared list, never used": lambda size: tuple_of(
        b"h\x06](" + b"K\x01" * size + b"e\x85Rq\x07", b"(" + b"h\x07" * size + b"t"
    ),
    "calls with a shared value": lambda size: tuple_of(
        nones(size) + b"q\x07", b"h\x00](h\x07eh\x01\x86R" * size
    ),
    "calls that memoize again": lambda size: tuple_of(b"h\x06]\x85Rq\x07", b"q\x07" * size),
    "many memoized wholes": lambda size: tuple_of(
        *(b"h\x06]\x85Rr" + struct.pack("<I", 10 + number) for number in range(size))
    ),
    "a doubled tuple": lambda size: tuple_of(
        b")q\x07" + b"h\x07\x86q\x07" * min(size, 40), nones(size)
    ),
    "a doubled list": lambda size: tuple_of(
        b")q\x07" + b"h\x00](h\x07h\x07eh\x01\x86Rq\x07" * min(size, 40), nones(size)
    ),
    "deep lists of much": lambda size: tuple_of(in_lists(nones(size), 40)),
    "deep objects of much": lambda size: tuple_of(in_objects(nones(size), 28)),
    "deep memoized tuples of much": lambda size: tuple_of(in_memoized_tuples(nones(size), 40)),
    "references in deep lists": lambda size: tuple_of(
        nones(100) + b"q\x07", in_lists(b"h\x07", 40) * (size // 50)
    ),
    "references in deep objects": lambda size: tuple_of(
        nones(100) + b"q\x07", in_objects(b"h\x07", 28) * (size // 50)
    ),
    "ints": lambda size: tuple_of(
        b"h\x06](" + b"K\x01M\x01\x01J\x01\x01\x01\x01" * size + b"e\x85R"
    ),
    "lists of one int": lambda size: tuple_of(b"h\x06](K\x01e\x85R" * size),
    "marks": lambda size: b"(" * size,
    "empty tuples inside each other": lambda size: b")" + b"\x85" * size,
    "tuples of a global inside each other": lambda size: b"h\x00" + b"\x85" * size,
}  # fmt: skip


def read(payload: bytes) -> Message | None:
    """Read the payload of a call, which can be refused with a DecodeError only."""
    try:
        return libtorch.from_payload(CALL, payload)
    except DecodeError:
        return None


def whole(values: bytes) -> bytes:
    return b"\x80\x02(" + PRELUDE + values + b"\x89" + text(b"f") + b"t."


@pytest.mark.parametrize("shape", PAYLOADS.values(), ids=PAYLOADS)
def test_reading_grows_with_the_size(
    shape: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What may be copied in any case is the same for all sizes, and would hide the growth.
    monkeypatch.setattr(reader, "COPIED_BYTES_ALWAYS", 4096)
    monkeypatch.setattr(reader, "COPIED_TEXT_ALWAYS", 4096)
    assert growth_of(lambda size: read(whole(shape(size))), 1000) < LARGEST_GROWTH


READ = {
    "a shared short text", "a shared short device", "shared small tuples", "many memoized wholes",
    "calls that memoize again", "deep lists of much", "deep objects of much", "ints",
    "lists of one int", "a long class", "a long enum",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(READ))
def test_what_is_in_proportion_is_read(name: str) -> None:
    assert read(whole(PAYLOADS[name](1000))) is not None


@pytest.mark.parametrize("name", ["references in deep lists", "references in deep objects"])
def test_depth_does_not_multiply_the_work_for_references(name: str) -> None:
    """A value that is referred to is copied once a reference, not once a level around it."""
    flat = whole(tuple_of(nones(100) + b"q\x07", (b"h\x07" + b"N" * 400) * 40))
    deep = whole(PAYLOADS[name](2000))
    assert work_of(lambda: read(deep)) < 2 * work_of(lambda: read(flat))


RREF = RRefForkData(1, RRefId(1, 2), ForkId(1, 3), 1, "x" * 100)
VALUES: dict[str, Callable[[int], Any]] = {
    "equal texts": lambda size: ["x" * 40] * size,
    "equal long texts": lambda size: ["x" * 10 * size] * 10,
    "other texts": lambda size: [str(number) for number in range(size)],
    "equal tensors": lambda size: [TENSOR] * size,
    "other tensors": lambda size: tuple(
        Tensor(ScalarType.uint8, [1], b"x") for _ in range(size)
    ),
    "equal RRefs": lambda size: [RREF] * size,
    "other RRefs": lambda size: [
        RRefForkData(1, RRefId(1, 2), ForkId(1, number), 1, "x") for number in range(size)
    ],
    "devices": lambda size: [Device("cuda", number % 128) for number in range(size)],
    "objects": lambda size: [
        ScriptObject("__torch__.A", [("x" * 40, IValue("none_value"))])
    ] * size,
    "enums": lambda size: [EnumHolder("__torch__.A", IValue("int_value", 1))] * size,
    "lists": lambda size: [["x"]] * size,
    "dicts": lambda size: [{"x": "y"}] * size,
}  # fmt: skip


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_writing_grows_with_the_size(make: Callable[[int], Any]) -> None:
    messages = {
        size: ScriptCall("f", [IValue.from_python(make(size))]).toMessage()
        for size in (1, 1000, 4000)
    }
    assert growth_of(lambda size: libtorch.to_payload(messages[size]), 1000) < LARGEST_GROWTH


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_writing_many_values_grows_with_their_number(make: Callable[[int], Any]) -> None:
    value = IValue.from_python(make(3))
    messages = {size: ScriptCall("f", [value] * size).toMessage() for size in (1, 300, 1200)}
    assert growth_of(lambda size: libtorch.to_payload(messages[size]), 300) < LARGEST_GROWTH


@pytest.mark.parametrize("core", [b"N", b"K\x01", b")", b"h\x06]\x85R"])
def test_what_is_read_is_as_deep_as_a_message_may_be(core: bytes) -> None:
    def deepest(wrap: Callable[[int], bytes]) -> int:
        return max(levels for levels in range(60) if read(whole(wrap(levels))) is not None)

    for wrap in (
        lambda levels: in_objects(core + b"\x85", levels),
        lambda levels: in_lists(core + b"\x85", levels),
        lambda levels: in_memoized_tuples(core, levels),
        lambda levels: in_objects(in_lists(core, 1), levels),
    ):
        message = read(whole(wrap(deepest(wrap))))
        assert message is not None
        command = fromMessage(Message.FromString(message.SerializeToString()))
        assert isinstance(command, ScriptCall)
        (_, value) = command.stack()
        assert is_deeper(generated_parts(value)[0], MAX_DEPTH - 3)
        assert not is_deeper(generated_parts(value)[0], MAX_DEPTH)
