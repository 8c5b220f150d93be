"""What merging costs, in work and in memory, where recordings are many or messages are large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from rref_proto import ForkId, Message, RecordedMessage, RRefUserDelete, merge
from rref_proto.libtorch import NativeMessage
from rref_proto.recording import Record
from rref_proto.v1 import message_pb2

from conversations import RREF, ack, sent
from work import LARGEST_GROWTH, growth_of, peak_of, work_of

# In all recordings together.
RECORDS = 1000
MANY = 100


class Made:
    """A recording whose records are made while it is read, so that it holds none itself."""

    def __init__(self, make: Callable[[int], Record], numbers: Iterable[int]) -> None:
        self.make = make
        self.numbers = list(numbers)

    def __iter__(self) -> Iterator[Record]:
        return map(self.make, self.numbers)


def request(number: int) -> RecordedMessage:
    return sent(number, number=number)


def response(number: int) -> RecordedMessage:
    return ack(-number, number)


def without_id(number: int) -> RecordedMessage:
    return sent(number, RRefUserDelete(RREF, ForkId(0, number)))


def unreadable(number: int) -> RecordedMessage:
    """Record a message of 100 kB that libtorch wrote in a way that nobody knows."""
    native = NativeMessage(0x20A, bytes(100_000))
    return RecordedMessage(number, 0, 1, Message(message_pb2.Message()), native_message=native)


def seen_once(records: int, count: int) -> list[Made]:
    return [Made(without_id, range(start, records, count)) for start in range(count)]


def seen_by_two(records: int, count: int) -> list[Made]:
    views = [range(start, records // 2, count // 2) for start in range(count // 2)]
    return [Made(request, view) for view in views for _ in range(2)]


def seen_by_all(records: int, count: int) -> list[Made]:
    return [Made(request, range(records // count)) for _ in range(count)]


def asked_and_answered(records: int, count: int) -> list[Made]:
    """By the clocks, each response comes before its request."""
    views = [range(start, records // 2, count // 2) for start in range(count // 2)]
    return [Made(make, view) for view in views for make in (response, request)]


def in_contradiction(records: int, count: int) -> list[Made]:
    views = [range(start, records // 2, count // 2) for start in range(count // 2)]
    return [Made(request, each) for view in views for each in (view, reversed(view))]


def all_alike(records: int, count: int) -> list[Made]:
    return [Made(lambda _: request(7), range(records // count)) for _ in range(count)]


every_shape = pytest.mark.parametrize(
    "shape",
    [seen_once, seen_by_two, seen_by_all, asked_and_answered, in_contradiction, all_alike],
    ids=lambda shape: shape.__name__,
)


def merge_all(recordings: list[Made]) -> None:
    for _ in merge(recordings):
        pass


@every_shape
def test_the_work_does_not_grow_with_the_number_of_recordings(
    shape: Callable[[int, int], list[Made]],
) -> None:
    few, many = shape(RECORDS, 2), shape(RECORDS, MANY)
    assert work_of(lambda: merge_all(many)) < 1.3 * work_of(lambda: merge_all(few))


@every_shape
def test_the_memory_does_not_grow_with_the_number_of_recordings(
    shape: Callable[[int, int], list[Made]],
) -> None:
    few, many = shape(RECORDS, 2), shape(RECORDS, MANY)
    of_a_recording = 2000  # the places in it, and the columns of its numbers
    limit = peak_of(lambda: merge_all(few)) + of_a_recording * MANY
    assert peak_of(lambda: merge_all(many)) < limit


@every_shape
def test_work_and_memory_are_in_proportion_to_the_records(
    shape: Callable[[int, int], list[Made]],
) -> None:
    assert growth_of(lambda size: merge_all(shape(size * 10, 10)), 50) < LARGEST_GROWTH


@every_shape
def test_a_record_takes_a_few_bytes(shape: Callable[[int, int], list[Made]]) -> None:
    peaks = [peak_of(lambda n=n: merge_all(shape(n, 2))) for n in (RECORDS, 5 * RECORDS)]  # type: ignore[misc]
    assert peaks[1] - peaks[0] < 100 * 4 * RECORDS


@pytest.mark.parametrize("shared", [False, True], ids=["seen once", "seen by two"])
def test_no_payload_is_kept(shared: bool) -> None:
    views = [range(20), range(20 if shared else 0)]
    assert peak_of(lambda: merge_all([Made(unreadable, view) for view in views])) < 1_500_000


def test_of_many_recordings_one_record_at_a_time_is_in_memory() -> None:
    recordings = [Made(unreadable, [number]) for number in range(100)]
    assert peak_of(lambda: merge_all(recordings)) < 1_500_000
