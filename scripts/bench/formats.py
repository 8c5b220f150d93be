"""Compare formats: ways to write one value, each with its way to read the value again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from timing import Table, compare


class Format(NamedTuple):
    """How a library writes the value, and how it reads the value from what it has written."""

    name: str
    encoding: str  # formats with the same encoding must write the same bytes
    write: Callable[[], bytes]
    read: Callable[[bytes], object]


def compare_formats(
    titles: tuple[str, str], value: object, formats: Sequence[Format]
) -> tuple[Table, Table]:
    """Time all ways to write, then all ways to read. First check that they do the same."""
    written = {each.name: each.write() for each in formats}
    expected: dict[str, bytes] = {}
    for name, encoding, _, _ in formats:
        check_same(titles[0], expected.setdefault(encoding, written[name]), {name: written[name]})
    reads = {each.name: partial(each.read, written[each.name]) for each in formats}
    check_same(titles[1], value, {name: read() for name, read in reads.items()})
    out = compare(titles[0], {each.name: each.write for each in formats})
    rows = [row._replace(note=f"{len(written[row.name]):,} bytes") for row in out.rows]
    return out._replace(rows=rows), compare(titles[1], reads)


def check_same(title: str, expected: object, results: Mapping[str, object]) -> None:
    """Raise ValueError for a contender whose result is not the expected one."""
    for name, result in results.items():
        if result != expected:
            raise ValueError(f"{title}: the result of {name} is not that of the others")
