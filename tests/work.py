"""How much work something is: what it calls, what that copies, what memory it holds; no time."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

# Functions of C that go through all of the object that they belong to.
GO_THROUGH_ALL = {"encode", "decode", "CopyFrom", "SerializeToString", "ByteSize", "copy", "join"}
# Of `growth_of`. Linear is 4, and a little more where Python keeps small objects; quadratic is 16.
LARGEST_GROWTH = 6
# So many bytes that are gone through count as one call.
BYTES_PER_CALL = 100


def work_of(attempted: Callable[[], object]) -> int:
    """Return how many functions `attempted` calls, those of C among them, and what they copy."""
    work = 0

    def count(_frame: Any, event: str, function: Any) -> None:
        nonlocal work
        if event in {"call", "c_call"}:
            work += 1
        elif event == "c_return" and function.__name__ in GO_THROUGH_ALL:
            work += _size_of(function.__self__) // BYTES_PER_CALL

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        attempted()
    finally:
        sys.setprofile(before)
    return work


def _size_of(subject: Any) -> int:
    if hasattr(subject, "ByteSize"):
        return int(subject.ByteSize())
    return len(subject) if isinstance(subject, (str, bytes, bytearray)) else 0


def peak_of(attempted: Callable[[], object]) -> int:
    """Return the most memory that `attempted` held, in bytes."""
    tracemalloc.start()
    try:
        attempted()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak


def growth_of(attempt: Callable[[int], object], size: int) -> float:
    """Return how many times work and memory grow, the larger of both, where the size does by 4."""
    attempt(1)  # what is made once for the process is no growth
    works, peaks = [], []
    for each in (size, 4 * size):
        works.append(work_of(lambda each=each: attempt(each)))  # type: ignore[misc]
        peaks.append(peak_of(lambda each=each: attempt(each)))  # type: ignore[misc]
    return max(works[1] / works[0], peaks[1] / peaks[0])
