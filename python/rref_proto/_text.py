"""Makes text safe to print and short, for any input."""

from __future__ import annotations

import reprlib
from typing import Any

# In characters. Longer than any problem that the package describes itself.
LONGEST_SHOWN = 500
# Python refuses to print much larger numbers, and no reader needs them.
LONGEST_INT_BITS = 256


def printable(text: str) -> str:
    """Return `text` with what a terminal would obey instead of show written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def beginning(text: str, longest: int) -> str:
    """Return `text` printable and at most `longest` characters long, its end left out."""
    # Of a long text, no more is made printable than is kept.
    kept = printable(text[: longest + 1])
    return kept if len(kept) <= longest else f"{kept[: longest - 3]}..."


def end(text: str, longest: int) -> str:
    """Return `text` printable and at most `longest` characters long, its beginning left out."""
    kept = printable(text[-longest - 1 :])
    return kept if len(kept) <= longest else f"...{kept[3 - longest :]}"


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return `text` printable and at most `longest` characters long, the middle left out."""
    return _cut(printable(_cut(text, longest)), longest)


def short_repr(value: Any) -> str:
    """Return a repr for an error: printable and short for any value."""
    return shown(_REPR.repr(value))


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


class _ShortRepr(reprlib.Repr):
    """reprlib's short repr, without its failures.

    It fails for an int of thousands of digits. Some versions of it choose by the name of a type,
    and fail for a type of a program's own that is named as a builtin one.
    """

    def repr1(self, x: Any, level: int) -> str:
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)

    def repr_int(self, x: int, level: int) -> str:
        bits = x.bit_length()
        return f"<int of {bits} bits>" if bits > LONGEST_INT_BITS else super().repr_int(x, level)


_REPR = _ShortRepr()
