"""Times in a call, and absolute times in the output."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rref_proto.cli.times import absolute, read_moment
from rref_proto.recording import SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = -62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("+0", 0),
        ("+1.5", 1_500_000_000),
        ("+1.500000s", 1_500_000_000),
        ("+0.000000001", 1),
        ("+1e3", 1000 * SECOND),
        ("+1e-999999", 0),
        ("+1000000000000", 10**12 * SECOND),
    ],
)
def test_an_offset_counts_from_the_first_record(text: str, nanoseconds: int) -> None:
    moment = read_moment(text)
    assert moment(7) == 7 + nanoseconds
    assert moment(-7) == -7 + nanoseconds


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01z", SECOND),
        ("1970-01-01 00:00:00.000000001Z", 1),
        ("1969-12-31T23:59:59.5Z", -SECOND // 2),
        ("1970-01-01T00:00+01:00", -3600 * SECOND),
        ("1970-01-01T00:00:00.25-00:30", 1800 * SECOND + SECOND // 4),
    ],
)
def test_a_date_and_time_is_the_same_for_every_recording(text: str, nanoseconds: int) -> None:
    moment = read_moment(text)
    assert moment(0) == moment(5 * SECOND) == nanoseconds


@example(FIRST)
@example(LAST)
@example(-1)
@given(st.integers(FIRST, LAST))
def test_what_is_printed_can_be_read(moment: int) -> None:
    text = absolute(moment)
    assert read_moment(text)(0) == moment
    assert len(text) == len("2026-01-31T12:00:00.123456789Z")


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-23, 23))
def test_a_zone_changes_no_moment(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=timezone.utc)
    expected = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    abroad = moment.astimezone(timezone(timedelta(hours=hours)))
    assert read_moment(abroad.isoformat())(0) == expected


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T12:00", "2026-01-31 12:00:00.5"])
def test_a_time_without_a_zone_is_refused_and_the_zone_asked_for(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"with its zone, such as \"2026.*Z\""):
        read_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+soon",
        "+nan",
        "+snan",
        "+inf",
        "+-1",
        "+1_0",
        "+1000000000000.1",
        "+1e999990",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "+1e99999999999999999999",
        "+" + "9" * 100_000,
        "-1",
        "1.5",
        "tomorrow",
        "2026-13-01T00:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T25:00Z",
        "2026-01-31T12:00:00.1234567890Z",
        "2026-01-31T12:00:00+99:00",
        "0000-01-01T00:00Z",
        "\u0662026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Z\n",
        "\x1b[2J",
    ],
    ids=lambda text: repr(text)[:30],
)
def test_anything_else_is_refused_at_once(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        read_moment(text)
    message = str(caught.value)
    assert "expected" in message
    assert message.isprintable()
    assert len(message) < 600
