"""The requests that no answer was seen of."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any

# Python hashes bytes with a secret, and numbers without. So no sender can choose ids whose keys
# have the same hash, which would make each step slow.
_key = Struct("<hhq").pack


class Unanswered:
    """Matches requests with their answers; iterating yields what was noted of the others.

    A request is identified by its sender, its receiver and its id. Its answer has the same id and
    goes the other way. It may be noted first: the clocks of two recordings may differ.
    `without_id` counts the requests that have no id: their answers cannot be told.
    """

    def __init__(self) -> None:
        self.without_id = 0
        self._open: dict[bytes, Any] = {}
        self._answered_early: set[bytes] = set()

    def note(
        self, sender: int, receiver: int, message_id: int | None, is_request: bool, what: Any
    ) -> Any:
        """Note a request or an answer. `what` is kept of a request until its answer is noted.

        Returns what was kept of the request that is answered, else None. A request that is noted
        twice is one. Worker ids are int16, message ids int64.
        """
        if message_id is None:
            self.without_id += is_request
        elif is_request:
            key = _key(sender, receiver, message_id)
            if key in self._answered_early:
                self._answered_early.remove(key)
            else:
                self._open.setdefault(key, what)
        else:
            key = _key(receiver, sender, message_id)
            if key in self._open:
                return self._open.pop(key)
            self._answered_early.add(key)
        return None

    @property
    def without_request(self) -> int:
        """How many answers were noted whose requests were not."""
        return len(self._answered_early)

    def __iter__(self) -> Iterator[Any]:
        """Yield what was noted of each request that is open, in the order of noting."""
        return iter(self._open.values())

    def __len__(self) -> int:
        return len(self._open)
