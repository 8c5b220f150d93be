"""Several recordings of one job, as one.

Each worker records by its own clock. Within a recording the order is kept. Between recordings the
times decide, with two exceptions: a message that several workers recorded comes once, after all
that any of them recorded before it; and a request never comes after its response. Messages that are
more than ten seconds apart are not the same one. Events of a worker are ordered as messages are: by
their place in the recording, then by time.

All recordings are read twice: for their outlines, by which the order is made, and then for the
records. So no record is kept while it waits for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._check import check_items, check_type, wrong_type
from ..errors import DecodeError, RRefProtoError
from .event import RecordedEvent
from .identity import Identities
from .ordering import Ordering
from .outline import Outline
from .reading import Record
from .record import RecordedMessage


def merge(recordings: Iterable[Iterable[Record]]) -> Iterator[Record]:
    """Put several recordings in one order, with each message once that several observers saw.

    Each element of `recordings` is iterated twice, so it is a list, say, or something that opens a
    file anew, but no iterator: that is a TypeError. What is added to it in between is not read;
    where records are gone, a DecodeError says so. What is kept in memory is a few numbers for each
    message. A message that is twice in one recording stays twice. Where the recordings
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
    return _merge(checked)


def _checked(recording: Iterable[Record]) -> Iterator[Record]:
    for record in recording:
        check_type(record, (RecordedMessage, RecordedEvent), "merge")
        yield record


def _merge(recordings: Sequence[Iterable[Record]]) -> Iterator[Record]:
    identities, outlines, problems = Identities(), [], []
    for recording in recordings:
        outline = Outline()
        outlines.append(outline)
        try:
            for record in _checked(recording):
                outline.add(record.time, identities.of(record))
        except RRefProtoError as error:
            problems.append(error)
    readers = [iter(recording) for recording in recordings]
    for step in Ordering(outlines).steps():
        read = next(readers[step.recording], None)
        if read is None:
            raise DecodeError("merge: expected the same records at the second reading, got fewer")
        if not step.is_copy:
            yield read
    if problems:
        raise problems[0]
