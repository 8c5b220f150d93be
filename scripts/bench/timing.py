"""How the benchmarks measure: run all contenders in turn, often; keep each one's best time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

ROUNDS = 15
SECONDS = 0.02  # for one contender in one round


class Row(NamedTuple):
    """The time of one contender."""

    name: str
    seconds: float
    note: str = ""


class Table(NamedTuple):
    """Rows to compare. The ratios are to the time of the first row."""

    title: str
    rows: list[Row]


def compare(title: str, contenders: Mapping[str, Callable[[], object]]) -> Table:
    """Time each contender. The others are compared with the first."""
    counts = {name: _calls(run) for name, run in contenders.items()}
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            best[name] = min(best[name], _time(run, counts[name]))
    return Table(title, [Row(name, seconds) for name, seconds in best.items()])


def _calls(run: Callable[[], object]) -> int:
    """Return how many calls fill the time of a round."""
    run()
    return max(1, int(SECONDS / max(_time(run, 1), 1e-9)))


def _time(run: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls
