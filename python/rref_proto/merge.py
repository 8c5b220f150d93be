"""Several recordings of one job, as one.

Each worker records by its own clock. Within a recording the order is kept; between recordings the
times decide, except that a request never comes after its response.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .recording import RecordedMessage


def merge(recordings: Sequence[Iterable[RecordedMessage]]) -> Iterator[RecordedMessage]:
    """Put several recordings in one order, and give each message that several observers saw once.

    Each element of `recordings` is iterated twice, so it is a list, say, or something that opens a
    file anew, but no iterator: that is a TypeError. What is kept in memory is a few numbers for
    each message. A message that stands twice in one recording stays twice.
    """
    for recording in recordings:
        if iter(recording) is recording:
            raise TypeError("merge: expected recordings that can be read twice, got an iterator")
    if len(recordings) == 1:
        yield from recordings[0]
        return
    yield from _Merger(recordings).run()


class _Merger:
    """Merges heads of recordings, one message of each at a time."""

    def __init__(self, recordings: Sequence[Iterable[RecordedMessage]]) -> None:
        self.sources = [iter(recording) for recording in recordings]
        self.heads = [next(source, None) for source in self.sources]
        # How often each request is still to come.
        self.to_come = Counter(
            _request_key(record)
            for recording in recordings
            for record in recording
            if record.message.isRequest() and record.message.id is not None
        )
        # How often each message has been given, and has been seen in each recording.
        self.given: Counter[Any] = Counter()
        self.seen: list[Counter[Any]] = [Counter() for _ in recordings]

    def run(self) -> Iterator[RecordedMessage]:
        while (index := self._next_index()) is not None:
            record = self.heads[index]
            assert record is not None  # noqa: S101 - tells the type checker what is so
            self.heads[index] = next(self.sources[index], None)
            self.to_come[_request_key(record)] -= record.message.isRequest()
            identity = _identity(record)
            self.seen[index][identity] += 1
            if self.seen[index][identity] > self.given[identity]:
                self.given[identity] += 1
                yield record

    def _next_index(self) -> int | None:
        """Choose the earliest head that need not wait; where all must, the earliest of all."""
        heads = [(head.time, index) for index, head in enumerate(self.heads) if head is not None]
        free = [(time, index) for time, index in heads if not self._must_wait(index)]
        return min(free or heads, default=(0, None))[1]

    def _must_wait(self, index: int) -> bool:
        """Whether the head of a recording is a response whose request is still to come."""
        head = self.heads[index]
        if head is None or not head.message.isResponse() or head.message.id is None:
            return False
        return self.to_come[head.to_worker_id, head.from_worker_id, head.message.id] > 0


def _request_key(record: RecordedMessage) -> tuple[int, int, int | None]:
    return record.from_worker_id, record.to_worker_id, record.message.id


def _identity(record: RecordedMessage) -> Any:
    """Tell a message from others: by its id, or by all it says where it has none."""
    message = record.message
    key = (*_request_key(record), message.type)
    return key if message.id is not None else (*key, hash(message))
