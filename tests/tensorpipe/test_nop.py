"""libnop: every value is written in the shortest form, and read; everything else is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import DecodeError
from rref_proto.tensorpipe import nop

from work import peak_of

INTS = [
    (0, "00"),
    (127, "7f"),
    (128, "8080"),
    (255, "80ff"),
    (256, "810001"),
    (0x10000, "8200000100"),
    (0x100000000, "830000000001000000"),
    (2**64 - 1, "83ffffffffffffffff"),
]
SIGNED_INTS = [
    (-1, "ff"),
    (-64, "c0"),
    (-65, "84bf"),
    (128, "858000"),
    (-129, "857fff"),
    (0x8000, "8600800000"),
    (-(2**63), "870000000000000080"),
]


def reader(data: bytes) -> nop.Reader:
    return nop.Reader(data, "value")


@pytest.mark.parametrize(("number", "written"), INTS)
def test_an_unsigned_int_has_the_shortest_form(number: int, written: str) -> None:
    assert nop.unsigned(number).hex() == written
    assert reader(bytes.fromhex(written)).unsigned() == number


@pytest.mark.parametrize(("number", "written"), SIGNED_INTS)
def test_a_signed_int_has_the_shortest_form(number: int, written: str) -> None:
    assert nop.signed(number).hex() == written
    assert reader(bytes.fromhex(written)).signed() == number


@given(st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1))
def test_every_int_is_read_back(unsigned: int, signed: int) -> None:
    assert reader(nop.unsigned(unsigned)).unsigned() == unsigned
    assert reader(nop.signed(signed)).signed() == signed


def test_an_int_may_have_a_longer_form() -> None:
    assert reader(bytes.fromhex("8305") + bytes(7)).unsigned() == 5
    assert reader(bytes.fromhex("8705") + bytes(7)).signed() == 5


@given(st.text(max_size=200), st.binary(max_size=300))
def test_text_and_binary_data_are_read_back(text: str, content: bytes) -> None:
    both = reader(nop.string(text) + nop.binary(content))
    assert (both.string(), both.binary()) == (text, content)
    both.finish()


@given(st.dictionaries(st.text(max_size=5), st.lists(st.integers(0, 1000))))
def test_maps_and_arrays_are_read_back(content: dict[str, list[int]]) -> None:
    written = nop.mapping(
        (nop.string(key), nop.array(list(map(nop.unsigned, items))))
        for key, items in content.items()
    )
    read = reader(written).mapping(nop.Reader.string, lambda each: each.array(nop.Reader.unsigned))
    assert read == content


def test_of_a_key_that_is_there_twice_the_first_value_counts() -> None:
    written = nop.mapping([(b"\x01", b"\x02"), (b"\x01", b"\x03")])
    assert reader(written).mapping(nop.Reader.unsigned, nop.Reader.unsigned) == {1: 2}


def test_what_is_absent_is_none() -> None:
    assert reader(nop.NIL).optional(nop.Reader.unsigned) is None
    assert reader(b"\x05").optional(nop.Reader.unsigned) == 5


REFUSED: dict[str, tuple[Callable[[nop.Reader], object], str, str]] = {
    "nothing": (nop.Reader.unsigned, "", "expected 1 more bytes, got 0"),
    "a negative int": (nop.Reader.unsigned, "ff", "an unsigned int, got the first byte 0xff"),
    "a signed int": (nop.Reader.unsigned, "8400", "an unsigned int, got the first byte 0x84"),
    "an unsigned int": (nop.Reader.signed, "8000", "a signed int, got the first byte 0x80"),
    "half an int": (nop.Reader.unsigned, "8200", "expected 4 more bytes, got 1"),
    "another type": (nop.Reader.string, "bc00", "a string, got the first byte 0xbc"),
    "half a string": (nop.Reader.string, "bd0361", "expected 3 more bytes, got 1"),
    "text that is none": (nop.Reader.string, "bd01ff", "expected text in UTF-8"),
    "many items": (lambda each: each.array(nop.Reader.unsigned), "ba02ff", "2 items, got 1 more"),
    "many pairs": (
        lambda each: each.mapping(nop.Reader.unsigned, nop.Reader.unsigned),
        "bb83ffffffffffffffff",
        "18446744073709551615 items, got 0 more",
    ),
    "other members": (lambda each: each.structure(2), "b90100", "expected 2 members, got 1"),
    "no pair": (nop.Reader.pair, "ba03000000", "expected 2 items, got 3"),
    "more": (nop.Reader.finish, "00", "expected the end, got 1 more bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("read", "data", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_expected_is_refused(
    read: Callable[[nop.Reader], object], data: str, problem: str
) -> None:
    with pytest.raises(DecodeError, match=rf"byte \d of the value: .*{problem}"):
        read(reader(bytes.fromhex(data)))


@pytest.mark.parametrize("first", ["ba", "bb", "bc", "bd"])
def test_a_claimed_length_takes_no_memory(first: str) -> None:
    data = bytes.fromhex(first + "83ffffffffffff0000")

    def attempt() -> None:
        with pytest.raises(DecodeError):
            each = reader(data)
            {
                "ba": lambda: each.array(nop.Reader.unsigned),
                "bb": lambda: each.mapping(nop.Reader.unsigned, nop.Reader.unsigned),
                "bc": each.binary,
                "bd": each.string,
            }[first]()

    assert peak_of(attempt) < 100_000
