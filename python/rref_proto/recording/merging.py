"""Several recordings of one job, as one.

Each worker records by its own clock. Within a recording the order is kept. Between recordings the
times decide, with two exceptions: a message that several workers recorded comes once, after all
that any of them recorded before it; and a request never comes after its response.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from .._check import check_items, check_type, wrong_type
from ..errors import RRefProtoError
from ..rref import FETCH_RETURNS
from .record import RecordedMessage


def merge(recordings: Iterable[Iterable[RecordedMessage]]) -> Iterator[RecordedMessage]:
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


def _checked(recording: Iterable[RecordedMessage]) -> Iterator[RecordedMessage]:
    for record in recording:
        check_type(record, RecordedMessage, "merge")
        yield record


def _merge(sources: list[_Source]) -> Iterator[RecordedMessage]:
    yielded: Counter[Hashable] = Counter()
    requests_yielded: set[Hashable] = set()
    while True:
        present = [source for source in sources if source.advance()]
        if not present:
            break
        free = [each for each in present if each.is_free(present, requests_yielded)]
        chosen = min(free or present, key=lambda source: source.head.time)
        record, identity = chosen.head, chosen.identity
        requests_yielded.add(_exchange(record, record.message.isResponse()))
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

    head: RecordedMessage
    identity: Hashable

    def __init__(self, recording: Iterable[RecordedMessage]) -> None:
        self.to_come: Counter[Hashable] = Counter()
        self.taken: Counter[Hashable] = Counter()
        self.requests: set[Hashable] = set()
        try:
            for record in _checked(recording):
                self.to_come[_identity(record)] += 1
                if record.message.isRequest():
                    self.requests.add(_exchange(record, False))
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
                # Told at the end, so that the others' messages are not lost.
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
        if self.head.message.id is None or not self.head.message.isResponse():
            return True
        request = _exchange(self.head, True)
        return request in requests_yielded or not any(request in each.requests for each in others)


def _exchange(record: RecordedMessage, is_response: bool) -> Hashable:
    """Tell a request and its response from other pairs, by the request's way and id."""
    way = record.from_worker_id, record.to_worker_id
    return (*(way[::-1] if is_response else way), record.message.id)


def _identity(record: RecordedMessage) -> Hashable:
    """Tell a message from others: by all it says, but for the values of one that has an id."""
    message, native = record.message, record.native_message
    key = record.from_worker_id, record.to_worker_id, message.type, message.id, native
    if message.id is not None and message.type in FETCH_RETURNS:
        return key  # one observer may have left out the values, and another not
    return (*key, record.omitted_values, hash(message.SerializeToString()))
