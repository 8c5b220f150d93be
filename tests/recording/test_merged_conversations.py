"""If a conversation was split into several recordings, merging makes it whole again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import Message, RecordedMessage, merge

from conversations import ACK, DELETE, ack, sent


class Split(NamedTuple):
    """A conversation, and what each recorder saw of it by its own clock."""

    conversation: list[RecordedMessage]
    recordings: list[list[RecordedMessage]]


@st.composite
def _splits(draw: Any, copies: bool) -> Split:
    """Draw a conversation in which every response comes after its request, and split it.

    Each message is recorded by its sender or its receiver, or with `copies` by both, at the same
    moment. The clocks are wrong, and go too fast or too slow. Each recorder keeps its own order.
    """
    workers = draw(st.integers(2, 4))
    worker = st.integers(0, workers - 1)
    open_requests: list[RecordedMessage] = []
    conversation: list[RecordedMessage] = []
    for number in range(draw(st.integers(0, 8))):
        while open_requests and draw(st.booleans()):
            request = open_requests.pop(draw(st.integers(0, len(open_requests) - 1)))
            route = request.to_worker_id, request.from_worker_id
            conversation.append(ack(0, request.message.id, route))
        request = sent(0, DELETE, number, (draw(worker), draw(worker)))
        open_requests.append(request)
        conversation.append(request)
    for request in open_requests:
        route = request.to_worker_id, request.from_worker_id
        conversation.append(ack(0, request.message.id, route))
    recordings: list[list[RecordedMessage]] = [[] for _ in range(workers)]
    offsets = [draw(st.integers(-20, 20)) for _ in range(workers)]
    for position, record in enumerate(conversation):
        both = {record.from_worker_id, record.to_worker_id}
        one = draw(st.sampled_from(sorted(both)))
        for recorder in both if copies and draw(st.booleans()) else {one}:
            time = position * draw(st.sampled_from([1, 1, 2])) + offsets[recorder]
            route = record.from_worker_id, record.to_worker_id
            recordings[recorder].append(RecordedMessage(time, *route, record.message))
    return Split(conversation, recordings)


def _key(record: RecordedMessage) -> tuple[int, int, Message]:
    return record.from_worker_id, record.to_worker_id, record.message


def _keys(records: Iterable[RecordedMessage]) -> list[tuple[int, int, Message]]:
    return list(map(_key, records))


def _check_responses_come_later(result: list[tuple[int, int, Message]]) -> None:
    position = {key: index for index, key in enumerate(result)}
    for sender, receiver, message in result:
        if message.isRequest():
            answer = receiver, sender, ACK.toMessage().with_id(message.id)
            assert position[sender, receiver, message] < position[answer]


@pytest.mark.parametrize("copies", [False, True], ids=["seen once", "seen by several"])
@given(st.data())
def test_a_conversation_split_among_workers_becomes_whole_again(
    copies: bool, data: st.DataObject
) -> None:
    conversation, recordings = data.draw(_splits(copies=copies))
    result = _keys(merge(recordings))
    assert Counter(result) == Counter(_keys(conversation))
    _check_responses_come_later(result)
    for recording in recordings:
        own = _keys(recording)
        assert [key for key in result if key in own] == own


@given(_splits(copies=True))
def test_each_merged_message_was_recorded(split: Split) -> None:
    recorded = [record for recording in split.recordings for record in recording]
    for record in merge(split.recordings):
        assert record in recorded


@given(_splits(copies=False))
def test_by_exact_clocks_the_order_is_that_of_the_conversation(split: Split) -> None:
    times = {key: time for time, key in enumerate(_keys(split.conversation))}
    recordings = [
        [RecordedMessage(times[_key(record)], *_key(record)) for record in recording]
        for recording in split.recordings
    ]
    assert _keys(merge(recordings)) == _keys(split.conversation)
