"""Several recordings of one job, as one.

Each worker records by its own clock. Within a recording the order is kept. Between recordings the
times decide, with two exceptions: a message that several workers recorded comes once, after all
that any of them recorded before it; and a request never comes after its response. Events of a
worker are ordered as messages are: by their place in the recording, then by time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from .._check import check_items, check_type, wrong_type
from ..errors import RRefProtoError
from ..passing import CARRIERS
from .event import RecordedEvent
from .reading import Record
from .record import RecordedMessage


def merge(recordings: Iterable[Iterable[Record]]) -> Iterator[Record]:
    """Put several recordings in one order, with each message once that several observers saw.

    Each element of `recordings` is iterated twice, so it is a list, say, or something that opens a
    file anew, but no iterator: that is a TypeError. What is kept in memory is a few numbers for
    each message. A message that is twice in one recording stays twice. Where the recordings
    contradict one another, the times decide again. A recording that is cut off is read up to the
    cut, and its DecodeError raised when all others have been read.
    """
    checked = check_items(recordings, "merge")
    for recording in checked:
        if not isinstance(recording, Iterable):
            raise wrong_type("recordings", recording, "merge")
        if isinstance(recording, Iterator):
            raise TypeError("merge: expected recordings that can be read twice, got an iterator")
    if len(checked) == 1:
        return _checked(checked[0])
    return _merge([_Source(recording) for recording in checked])


def _checked(recording: Iterable[Record]) -> Iterator[Record]:
    for record in recording:
        check_type(record, (RecordedMessage, RecordedEvent), "merge")
        yield record


def _merge(sources: list[_Source]) -> Iterator[Record]:
    yielded: Counter[Hashable] = Counter()
    requests_yielded: set[Hashable] = set()
    while True:
        present = [source for source in sources if source.advance()]
        if not present:
            break
        free = [each for each in present if each.is_free(present, requests_yielded)]
        chosen = min(free or present, key=lambda source: source.head.time)
        record, identity = chosen.head, chosen.identity
        requests_yielded |= _begun_by(record) | _ended_by(record)
        # All recordings that have the same message next are past it now.
        passed = max(each.take() for each in present if each.identity == identity)
        if passed > yielded[identity]:
            yielded[identity] += 1
            yield record
    for source in sources:
        if source.problem is not None:
            raise source.problem


class _Source:
    """One recording: its next message, and which are still to come."""

    head: Record
    identity: Hashable

    def __init__(self, recording: Iterable[Record]) -> None:
        self.to_come: Counter[Hashable] = Counter()
        self.taken: Counter[Hashable] = Counter()
        self.requests: set[Hashable] = set()
        try:
            for record in _checked(recording):
                self.to_come[_identity(record)] += 1
                self.requests |= _begun_by(record)
        except RRefProtoError:
            pass  # the second reading raises it again
        self.records = _checked(recording)
        self.is_taken = True
        self.problem: RRefProtoError | None = None

    def advance(self) -> bool:
        """Read the next message, where the last one was taken; return whether there is one."""
        if self.is_taken:
            try:
                head = next(self.records, None)
            except RRefProtoError as error:
                # Raised at the end, so that the others' messages are not lost.
                head, self.problem = None, error
                self.to_come.clear()
            if head is None:
                return False
            self.head, self.identity, self.is_taken = head, _identity(head), False
        return True

    def take(self) -> int:
        """Pass the head; return how often this recording has had the message by now."""
        self.is_taken = True
        self.to_come[self.identity] -= 1
        self.taken[self.identity] += 1
        return self.taken[self.identity]

    def is_free(self, sources: list[_Source], requests_yielded: set[Hashable]) -> bool:
        """Whether nothing that another recording still has must come before the head."""
        others = [source for source in sources if source is not self]
        if any(
            each.to_come[self.identity] > 0 for each in others if each.identity != self.identity
        ):
            return False
        awaited = _ended_by(self.head) - requests_yielded
        return not any(awaited & each.requests for each in others)


# A request and its response are a pair. The request's sender, receiver and id identify it.
def _begun_by(record: Record) -> set[Hashable]:
    """Return what identifies the pair that a request begins; nothing for other records."""
    if isinstance(record, RecordedEvent) or not record.message.isRequest():
        return set()
    return {(record.from_worker_id, record.to_worker_id, record.message.id)}


def _ended_by(record: Record) -> set[Hashable]:
    """Return what identifies the pair that a response ends; nothing for other records."""
    if isinstance(record, RecordedEvent) or not record.message.isResponse():
        return set()
    if record.message.id is None:
        return set()
    return {(record.to_worker_id, record.from_worker_id, record.message.id)}


def _identity(record: Record) -> Hashable:
    """Tell a record from others: by all it says, but for the values of a message that has an id."""
    if isinstance(record, RecordedEvent):
        return record  # its worker alone records it, so all copies have the same time
    message, native = record.message, record.native_message
    key = record.from_worker_id, record.to_worker_id, message.type, message.id, native
    if message.id is not None and message.type in CARRIERS:
        return key  # one observer may have left out the values, and another not
    said = record.omitted_values, record.passed_rrefs, hash(message.SerializeToString())
    return (*key, *said)
