"""Times by the clock, as the call says them and as they are printed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias

from .._text import short_repr
from ..recording import SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# In seconds: more than the years 1 to 9999, which a recording can hold.
LARGEST_OFFSET = 1_000_000_000_000
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
        return _offset(text) if text.startswith("+") else _date_and_time(text)
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f'expected "+1.5" or "2026-01-31T12:00:00Z", got {short_repr(text)}'
        ) from None


def _offset(text: str) -> Moment:
    """Read a time after the first record; the "s" that `show` prints may follow."""
    offset = Decimal(text.removesuffix("s"))
    # Compare before the conversion: an int of "+1e999999" takes hours.
    if not 0 <= offset <= LARGEST_OFFSET:
        raise ValueError
    nanoseconds = int(offset * SECOND)
    return lambda start: start + nanoseconds


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
    nanoseconds = (moment - EPOCH) // timedelta(seconds=1) * SECOND
    nanoseconds += int((fraction or "").ljust(9, "0"))
    return lambda _: nanoseconds


def absolute(time: int) -> str:
    """Return a time as text by RFC 3339, in UTC to the nanosecond."""
    whole, nanoseconds = divmod(time, SECOND)
    moment = EPOCH + timedelta(seconds=whole)
    return f"{moment.isoformat()[:19]}.{nanoseconds:09}Z"
