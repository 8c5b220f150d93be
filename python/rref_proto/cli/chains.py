"""Who waits for whom, followed from worker to worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator


def chains(waits: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield chains of workers, in which each waits for the next; `waits` are such pairs.

    Each pair is in one chain, once. A chain begins at a worker that nobody waits for, if there is
    one, and goes as far as it can. It ends where it comes back to one of its own workers, and where
    what follows is in a chain before it. Among pairs that could be next, the first is.
    """
    left: dict[int, deque[int]] = {}
    for waiter, awaited in dict.fromkeys(waits):
        left.setdefault(waiter, deque()).append(awaited)
    awaited_by_any = {worker for others in left.values() for worker in others}
    for start in sorted(left, key=awaited_by_any.__contains__):
        while left[start]:
            yield _follow(start, left)


def _follow(start: int, left: dict[int, deque[int]]) -> list[int]:
    """Take a chain out of what is left."""
    chain, seen = [start], {start}
    while others := left.get(chain[-1]):
        chain.append(others.popleft())
        if chain[-1] in seen:
            break
        seen.add(chain[-1])
    return chain
