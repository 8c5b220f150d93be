"""Times by the clock, as the call says them and as they are printed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias

from .._text import short_repr
from ..recording import SECOND, TIMESTAMP_RANGE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# In seconds: more than the years 1 to 9999, which a recording can hold.
LARGEST_SPAN = 1_000_000_000_000
# RFC 3339, also without the seconds. Python before 3.11 reads no nanoseconds.
DATE_AND_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"([Tt ](?P<time>\d\d:\d\d(:\d\d)?)(\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>[Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)

# Returns a time in nanoseconds since the epoch. It is given that of the first record.
Moment: TypeAlias = Callable[[int], int]


def read_moment(text: str) -> Moment:
    """Read a time of the call: "+1.5" (seconds after the first message), or a date and time."""
    try:
        return _after_start(text) if text.startswith("+") else _date_and_time(text)
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f'expected "+1.5" or "2026-01-31T12:00:00Z", got {short_repr(text)}'
        ) from None


def read_span(text: str) -> int:
    """Read a span of time of the call, in seconds; return it in nanoseconds."""
    try:
        return _nanoseconds(text)
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f"expected a number of seconds, got {short_repr(text)}"
        ) from None


def _nanoseconds(text: str) -> int:
    """Read a number of seconds; the "s" that `show` prints may follow."""
    seconds = Decimal(text.removesuffix("s"))
    # Compare before the conversion: an int of "1e999999" takes hours.
    if "_" in text or not 0 <= seconds <= LARGEST_SPAN:
        raise ValueError
    return int(seconds * SECOND)


def _after_start(text: str) -> Moment:
    span = _nanoseconds(text)
    return lambda start: start + span


def _date_and_time(text: str) -> Moment:
    found = DATE_AND_TIME.fullmatch(text)
    if found is None:
        raise ValueError
    date, time, fraction, zone = found.group("date", "time", "fraction", "zone")
    if time is None or zone is None:
        raise argparse.ArgumentTypeError(
            f'expected a time with its zone, such as "{date}T{time or "00:00"}Z" for UTC, '
            f"got {short_repr(text)}"
        )
    moment = datetime.fromisoformat(f"{date}T{time}{zone.upper().replace('Z', '+00:00')}")
    moment = moment.astimezone(timezone.utc)  # fails where that is before the year 1, or after 9999
    nanoseconds = (moment - EPOCH) // timedelta(seconds=1) * SECOND
    nanoseconds += int((fraction or "").ljust(9, "0"))
    return lambda _: nanoseconds


def absolute(time: int) -> str:
    """Return a time as text by RFC 3339, in UTC to the nanosecond.

    A time that no recording can hold is given as the nearest one that it can.
    """
    earliest, latest = TIMESTAMP_RANGE
    whole, nanoseconds = divmod(max(earliest, min(time, latest)), SECOND)
    moment = EPOCH + timedelta(seconds=whole)
    return f"{moment.isoformat()[:19]}.{nanoseconds:09}Z"
