"""Checks of single numbers and strings, shared by the constructors of all values."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Any

from ._text import short_repr, shown
from .errors import EncodeError

# The lowest and the highest number, both included.
WORKER_ID_RANGE = (-0x8000, 0x7FFF)
INT32_RANGE = (-(2**31), 2**31 - 1)
INT64_RANGE = (-(2**63), 2**63 - 1)


def check_int(value: Any, limits: tuple[int, int], where: str) -> int:
    """Return `value` as an int within `limits`, both included.

    Anything with `__index__` counts as an integer (a numpy scalar, say), except bool. Raises
    TypeError for another type, EncodeError for a number out of range.
    """
    number = as_int(value)
    if number is None:
        raise wrong_type("an int", value, where)
    low, high = limits
    if not low <= number <= high:
        raise EncodeError(
            f"expected an integer from {low} to {high}, got {short_repr(number)}", where
        )
    return number


def as_int(value: Any) -> int | None:
    """Return `value` as an int where it is an integer of any type but bool, else None."""
    # numpy's bool as well: before numpy 2.3 it can be used as an index, with a warning.
    if type(value).__name__ in ("bool", "bool_"):
        return None
    try:
        return int(index(value))
    except TypeError:
        return None


def check_str(value: Any, where: str) -> str:
    """Return `value` as a str that UTF-8 can encode, for TypeError or EncodeError otherwise."""
    if not isinstance(value, str):
        raise wrong_type("a str", value, where)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise EncodeError(f"expected text that UTF-8 can encode: {error.reason}", where) from None
    return str.__str__(value)  # what a subclass such as an enum holds, not what it prints


def check_type(value: Any, expected: type | tuple[type, ...], where: str) -> None:
    """Raise TypeError unless `value` is an instance of `expected`."""
    if not isinstance(value, expected):
        names = expected if isinstance(expected, tuple) else (expected,)
        raise wrong_type(" or ".join(each.__name__ for each in names), value, where)


def check_items(values: Any, where: str, expected: type | None = None) -> tuple[Any, ...]:
    """Return the items of `values` as a tuple, each of them of the type `expected`, if given.

    Raises TypeError where `values` cannot be iterated, or an item is of another type.
    """
    if isinstance(values, (tuple, list)):
        items = tuple(values)
    else:
        items = tuple(check_iterable(values, where))
    if expected is not None:
        for item in items:
            check_type(item, expected, where)
    return items


def check_iterable(values: Any, where: str) -> Iterator[Any]:
    """Return an iterator over `values`. Raises TypeError where they cannot be iterated."""
    try:
        return iter(values)
    except TypeError:
        raise wrong_type("an iterable", values, where) from None


def wrong_type(expected: str, value: Any, where: str) -> TypeError:
    """Return the error that says that `value` is no `expected`, a description of a type."""
    return TypeError(shown(f"{where}: expected {expected}, got {type(value).__name__}"))
