"""What holds for the merge of any recordings: of one truth, or in contradiction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    EventKind,
    ForkId,
    Message,
    RecordedEvent,
    RecordedMessage,
    RRefUserDelete,
    merge,
)
from rref_proto.recording import SECOND, Record

from conversations import ACK, DELETE, RREF, sent

TIMES = st.integers(-5, 20)
Key = tuple[int, int, Message] | RecordedEvent


def _key(record: Record) -> Key:
    """Return what a record says, whenever it was recorded."""
    if isinstance(record, RecordedEvent):
        return record
    return record.from_worker_id, record.to_worker_id, record.message


def _keys(records: Iterable[Record]) -> list[Key]:
    return [_key(record) for record in records]


@st.composite
def _conversations(draw: Any) -> list[Record]:
    """Draw records that all differ, with each request before its response."""
    worker = st.integers(0, 3)
    conversation: list[Record] = []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["call", "call", "without id", "event"]))
        if kind == "event":
            event = draw(st.sampled_from(EventKind))
            conversation.append(RecordedEvent(number, draw(worker), event))
            continue
        route = draw(worker), draw(worker)
        if kind == "without id":
            conversation.append(sent(0, RRefUserDelete(RREF, ForkId(9, number)), None, route))
            continue
        start = draw(st.integers(0, len(conversation)))
        conversation.insert(start, sent(0, DELETE, number, route))
        end = draw(st.integers(start + 1, len(conversation)))
        conversation.insert(end, sent(0, ACK, number, route[::-1]))
    return conversation


@st.composite
def _views(draw: Any, in_order: bool) -> list[list[Record]]:
    """Draw what several recorders saw of one conversation, by clocks that are anything."""
    conversation = draw(_conversations())
    views = []
    for _ in range(draw(st.integers(2, 4))):
        seen = [record for record in conversation if draw(st.booleans())]
        if not in_order:
            seen = draw(st.permutations(seen + draw(st.sampled_from([[], seen[:2]]))))
        views.append([_at(draw(TIMES), record) for record in seen])
    return views


def _at(time: int, record: Record) -> Record:
    return replace(record, time=time) if isinstance(record, RecordedMessage) else record


@given(_views(in_order=True))
def test_each_record_comes_once_after_all_that_any_recording_has_before_it(
    views: list[list[Record]],
) -> None:
    result = _keys(merge(views))
    place = {key: index for index, key in enumerate(result)}
    assert len(place) == len(result)
    assert place.keys() == {key for view in views for key in _keys(view)}
    for view in views:
        places = [place[key] for key in _keys(view)]
        assert places == sorted(places)


@given(_views(in_order=True))
def test_a_request_comes_before_its_response(views: list[list[Record]]) -> None:
    result = _keys(merge(views))
    for index, key in enumerate(result):
        if isinstance(key, RecordedEvent) or not key[2].isResponse():
            continue
        responder, requester, response = key
        request = requester, responder, DELETE.toMessage().with_id(response.id)
        assert request not in result[index:]


@given(_views(in_order=True))
def test_of_the_copies_that_are_next_the_earliest_is_kept(views: list[list[Record]]) -> None:
    times: dict[Key, list[int]] = {}
    for view in views:
        for record in view:
            times.setdefault(_key(record), []).append(record.time)
    for record in merge(views):
        assert record.time == min(times[_key(record)])


@given(_views(in_order=False))
def test_from_recordings_in_contradiction_nothing_is_lost(views: list[list[Record]]) -> None:
    result = list(merge(views))
    # What one recording has several times is there as often.
    expected: Counter[Key] = Counter()
    for view in views:
        expected |= Counter(_keys(view))
    assert Counter(_keys(result)) == expected
    recorded = [record for view in views for record in view]
    assert all(record in recorded for record in result)


@given(_views(in_order=False))
def test_a_recording_and_its_copy_are_the_recording(views: list[list[Record]]) -> None:
    for view in views:
        assert list(merge([view, view])) == view
        assert list(merge([view, [], view])) == view


@given(_views(in_order=True))
def test_what_is_merged_can_be_merged_again(views: list[list[Record]]) -> None:
    once = list(merge(views))
    assert list(merge([once, *views])) == once


def test_messages_that_say_the_same_long_after_another_are_of_two_jobs() -> None:
    first = sent(0, number=1)
    for later, count in ((10 * SECOND, 1), (10 * SECOND + 1, 2)):
        again = replace(first, time=later)
        for order in ([[first], [again]], [[again], [first]]):
            assert len(list(merge(order))) == count
