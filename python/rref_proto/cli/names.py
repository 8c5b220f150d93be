"""How workers, identifiers, times and counts are written, wherever the command prints them."""

from __future__ import annotations

from collections.abc import Mapping

from .._text import beginning
from ..ids import GloballyUniqueId
from ..recording import SECOND, Record, RecordedEvent

# In characters.
LONGEST_NAME = 32


class Names:
    """The names of workers, as far as a recording tells them."""

    def __init__(self, known: Mapping[int, str] | None = None) -> None:
        self.known: dict[int, str] = dict(known or {})
        self._texts: dict[int, str] = {}

    def learn(self, record: Record) -> None:
        """Take the names out of a record."""
        if isinstance(record, RecordedEvent):
            self._learn(record.worker_id, record.worker_name)
        else:
            self._learn(record.from_worker_id, record.from_worker_name)
            self._learn(record.to_worker_id, record.to_worker_name)

    def _learn(self, worker: int, name: str) -> None:
        if name and name != self.known.get(worker):
            self.known[worker] = name
            self._texts.pop(worker, None)

    def __call__(self, worker: int) -> str:
        """Return "name(3)", or "3" where the name is not known; a long name is cut."""
        text = self._texts.get(worker)
        if text is None:
            name = beginning(self.known.get(worker, ""), LONGEST_NAME)
            text = self._texts[worker] = f"{name}({worker})" if name else f"{worker}"
        return text


def seconds(nanoseconds: int) -> str:
    """Return a span of time as text, in seconds to the microsecond."""
    return f"{nanoseconds / SECOND:+.6f}s"


def pair(identifier: GloballyUniqueId) -> str:
    """Return an identifier as text, "(1, 2)"."""
    return f"({identifier.created_on}, {identifier.local_id})"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, "1 fork" or "2 forks"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
