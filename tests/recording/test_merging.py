"""How several recordings become one, shown by small examples."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    Message,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RecordedMessage,
    RemoteRet,
    RpcCommandBase,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    merge,
    omit_values,
    read_recording,
    write_recording,
)
from rref_proto.passing import CARRIERS
from rref_proto.recording.identity import Identities
from rref_proto.v1 import message_pb2

from conversations import ACK, DELETE, FORK, RREF, ack, sent
from one_of_each import ONE_OF_EACH

WITH_VALUES = [command for command in ONE_OF_EACH if command.message_type in CARRIERS]


def distinct(time: int, name: int | None = None) -> RecordedMessage:
    """Make a request without an id. Its name makes it different from all others."""
    return sent(time, RRefUserDelete(RREF, ForkId(9, time if name is None else name)))


def merged(*recordings: list[RecordedMessage]) -> list[RecordedMessage]:
    return list(merge(recordings))


def test_nothing_merges_to_nothing() -> None:
    assert merged() == []
    assert merged([]) == []
    assert merged([], [], []) == []


def test_times_decide_between_recordings() -> None:
    records = [distinct(time) for time in range(9)]
    assert merged(records[::2], records[1::2]) == records
    assert merged(records[5:], [], records[:5]) == records
    assert merged(records[1::3], records[::3], records[2::3]) == records


@pytest.mark.parametrize("beside", [[], [[]]], ids=["alone", "beside an empty one"])
def test_the_order_within_a_recording_is_kept_at_any_times(
    beside: list[list[RecordedMessage]],
) -> None:
    records = [distinct(time) for time in (5, 3, 9, 9, -4)]
    assert merged(records, *beside) == records


def test_at_equal_times_the_earlier_recording_comes_first() -> None:
    one, other = [distinct(5, 1), distinct(5, 2)], [distinct(5, 3), distinct(5, 4)]
    assert merged(one, other) == [*one, *other]
    assert merged(other, one) == [*other, *one]


ANSWERED: list[tuple[RpcCommandBase, RpcCommandBase]] = [
    (DELETE, ACK),
    (RRefForkRequest(RREF, FORK), ACK),
    (RRefChildAccept(FORK), ACK),
    (ScriptRRefFetchCall(0, RREF), ScriptRRefFetchRet([IValue.from_python(1)])),
    (PythonRRefFetchCall(0, RREF), PythonRRefFetchRet(SerializedPyObj(b"p").toIValues())),
]


@pytest.mark.parametrize(("request_", "response"), ANSWERED, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("number", [0, 7, -1, 2**63 - 1])
def test_a_request_comes_before_its_response_with_any_clocks(
    request_: RpcCommandBase, response: RpcCommandBase, number: int
) -> None:
    client = [distinct(1000), sent(1001, request_, number)]
    server = [sent(-1000, response, number, (1, 0)), distinct(-999)]
    for order in permutations([client, server]):
        assert merged(*order) == [*client, *server]


@pytest.mark.parametrize(
    ("number", "route"),
    [(8, (1, 0)), (7, (0, 1)), (7, (1, 2)), (7, (2, 0)), (None, (1, 0))],
    ids=["another id", "same route", "to another", "from another", "no id"],
)
def test_a_response_to_something_else_does_not_wait(
    number: int | None, route: tuple[int, int]
) -> None:
    response, request = ack(1, number, route), sent(2, DELETE, 7)
    assert merged([request], [response]) == [response, request]


def test_a_response_whose_request_nobody_recorded_does_not_wait() -> None:
    response = sent(1, RemoteRet(RREF, FORK), 7, (1, 0))
    assert merged([distinct(2)], [response]) == [response, distinct(2)]


def test_only_what_waits_is_held_back() -> None:
    request, response = sent(100, DELETE, 7), ack(1, 7)
    before, after = [distinct(time) for time in range(2, 9)], distinct(200)
    assert merged([*before, request, after], [response]) == [*before, request, response, after]


def test_a_chain_of_requests_over_several_recordings_is_followed() -> None:
    # 0 asks 1, then 1 asks 2, then 2 asks 3. Each worker answers after it has its own answer.
    routes = [(0, 1), (1, 2), (2, 3)]
    requests = [sent(0, DELETE, 7, route) for route in routes]
    answers = [ack(0, 7, route[::-1]) for route in routes]
    recordings = [
        [requests[0]],
        [requests[1], answers[0]],
        [requests[2], answers[1]],
        [answers[2]],
    ]
    for order in permutations(recordings):
        result = merged(*order)
        for request, response in zip(requests, answers, strict=True):
            assert result.index(request) < result.index(response)
        for recording in recordings:
            assert [record for record in result if record in recording] == recording


def test_a_message_that_several_recorded_is_merged_into_one() -> None:
    whole = [distinct(1), sent(2, DELETE, 7), ack(3, 7), distinct(4)]
    assert merged(whole, whole) == whole
    assert merged(whole, whole, whole[1:3]) == whole


def test_the_copies_of_a_message_may_differ_in_time_and_in_names() -> None:
    at_sender = RecordedMessage(5, 0, 1, DELETE.toMessage().with_id(7), "here")
    at_receiver = RecordedMessage(9, 0, 1, DELETE.toMessage().with_id(7), "", "there")
    assert merged([at_sender], [at_receiver]) == [at_sender]
    assert merged([at_receiver], [at_sender]) == [at_sender]


@pytest.mark.parametrize("command", WITH_VALUES, ids=lambda each: type(each).__name__)
def test_a_message_is_one_where_one_observer_left_out_its_values(command: RpcCommandBase) -> None:
    def recorded(number: int | None) -> tuple[RecordedMessage, RecordedMessage]:
        whole = sent(1, command, number)
        message, omitted, passed, _ = omit_values(whole.message)
        brief = replace(whole, message=message, omitted_values=omitted, passed_rrefs=passed)
        return whole, brief

    whole, brief = recorded(7)
    assert whole != brief
    assert merged([whole], [brief]) == [whole]
    assert merged([brief], [whole]) == [brief]
    other = replace(brief, message=brief.message.with_id(8))
    assert merged([whole], [other]) == [whole, other]
    # Without an id only the values tell two messages from one another.
    unnumbered, unnumbered_brief = recorded(None)
    assert merged([unnumbered], [unnumbered_brief]) == [unnumbered, unnumbered_brief]


def test_messages_of_two_jobs_with_one_id_are_two_where_they_pass_on_other_rrefs() -> None:
    def passing(*forks: ForkId) -> RecordedMessage:
        passed = [RRefForkData(1, RREF, each, 1, "Tensor") for each in forks]
        values = [IValue("rref_value", each) for each in passed]
        return sent(1, ScriptRRefFetchRet([IValue.from_python(tuple(values))]), 7)

    def without_values(whole: RecordedMessage) -> RecordedMessage:
        message, omitted, passed, _ = omit_values(whole.message)
        return replace(whole, message=message, omitted_values=omitted, passed_rrefs=passed)

    none, one, another = passing(), passing(FORK), passing(ForkId(1, 99))
    for first, second in permutations([none, one, another], 2):
        assert merged([first], [second]) == [first, second]
        brief = without_values(second)
        assert merged([first], [brief]) == [first, brief]
        assert merged([second], [brief]) == [second]


@pytest.mark.parametrize(
    "other",
    [
        sent(1, DELETE, 8),
        sent(1, DELETE, None),
        sent(1, DELETE, 7, (0, 2)),
        sent(1, DELETE, 7, (2, 1)),
        ack(1, 7, (0, 1)),
    ],
    ids=["id", "no id", "receiver", "sender", "type"],
)
def test_messages_that_differ_in_what_identifies_them_are_both_kept(
    other: RecordedMessage,
) -> None:
    one = sent(1, DELETE, 7)
    assert merged([one], [other]) == [one, other]


def test_without_ids_messages_that_say_different_things_are_both_kept() -> None:
    one, other = distinct(1, 1), distinct(1, 2)
    assert merged([one], [other]) == [one, other]


@pytest.mark.parametrize("number", [None, 7])
@pytest.mark.parametrize("copies", [2, 3])
def test_a_message_that_is_twice_in_one_recording_stays_twice(
    number: int | None, copies: int
) -> None:
    again = [sent(time, DELETE, number) for time in range(copies)]
    assert merged(again) == again
    assert merged(again, []) == again
    assert merged(again, again) == again
    assert merged(again, again[:1]) == again
    assert len(merged(again[:1], again[1:2])) == 1


def test_a_message_that_was_sent_again_does_not_hold_back_the_answer_to_the_first() -> None:
    client = [sent(0, DELETE, 7), ack(1, 7), sent(2, DELETE, 7)]
    other = [distinct(time) for time in range(10, 15)]
    assert merged(client, other) == [*client, *other]


def test_a_response_recorded_before_its_request_waits_for_nobody_else() -> None:
    confused = [ack(1, 7), sent(2, DELETE, 7)]
    other = [distinct(time) for time in range(10, 15)]
    assert merged(confused, other) == [*confused, *other]


def test_contradictory_orders_end_and_nothing_is_lost() -> None:
    one = [ack(1, 1, (0, 1)), sent(2, DELETE, 2, (0, 1))]
    other = [ack(3, 2, (1, 0)), sent(4, DELETE, 1, (1, 0))]
    result = merged(one, other)
    assert result == merged(other, one)
    assert result[0] == one[0], "where all must wait, the earliest of all goes first"
    assert sorted(result, key=lambda record: record.time) == [*one, *other]


def test_copies_in_contradictory_orders_end_as_well() -> None:
    a, b = sent(1, DELETE, 1), sent(2, DELETE, 2)
    assert Counter(merged([a, b], [b, a])) == Counter([a, b])


def test_the_order_within_a_recording_is_kept_around_what_others_recorded_too() -> None:
    # The receiver's clock is behind, and it saw only the second message.
    first, second = sent(10, DELETE, 1, (0, 2)), sent(11, DELETE, 2, (0, 1))
    early = sent(1, DELETE, 2, (0, 1))
    for order in permutations([[first, second], [early]]):
        assert [record.message.id for record in merged(*order)] == [1, 2]


def test_messages_of_no_known_type_and_without_ids_are_merged_by_time() -> None:
    unknown = Message(message_pb2.Message())
    one, other = RecordedMessage(1, 0, 1, unknown), RecordedMessage(2, 1, 0, unknown)
    assert merged([other], [one]) == [one, other]


@pytest.mark.parametrize(
    "iterator",
    [
        lambda: iter([distinct(1)]),
        lambda: (record for record in [distinct(1)]),
        lambda: read_recording(b""),
        lambda: map(distinct, [1]),
    ],
    ids=["iter", "generator", "read_recording", "map"],
)
@pytest.mark.parametrize("beside", [[], [[]]], ids=["alone", "beside a list"])
def test_refuses_what_can_be_read_only_once(
    iterator: Callable[[], Iterator[RecordedMessage]], beside: list[Any]
) -> None:
    with pytest.raises(TypeError, match="can be read twice, got an iterator"):
        list(merge([iterator(), *beside]))
    with pytest.raises(TypeError, match="can be read twice, got an iterator"):
        list(merge([*beside, iterator()]))


class Opened:
    """A recording in a file. It is opened again for each reading."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RecordedMessage]:
        with self.path.open("rb") as file:
            yield from read_recording(file)


class Changing:
    """A recording that has other records at each reading."""

    def __init__(self, *readings: list[RecordedMessage]) -> None:
        self.readings = iter(readings)

    def __iter__(self) -> Iterator[RecordedMessage]:
        return iter(next(self.readings))


def test_what_is_recorded_between_the_two_readings_is_not_merged() -> None:
    records = [distinct(time) for time in range(6)]
    growing = Changing(records[:4:2], records[::2])
    assert list(merge([growing, records[1:4:2]])) == records[:4]


def test_records_that_are_gone_at_the_second_reading_are_an_error() -> None:
    records = [distinct(time) for time in range(4)]
    shrinking = Changing(records[::2], records[:1])
    with pytest.raises(DecodeError, match="expected the same records at the second reading"):
        list(merge([shrinking, records[1::2]]))


def test_nobody_can_know_which_messages_are_taken_for_copies() -> None:
    record = sent(1, DELETE, 7)
    same, other = Identities(), Identities()
    assert same.of(record) == same.of(replace(record, time=2))
    assert same.of(record).content != other.of(record).content
    assert same.of(record).pair != other.of(record).pair


def test_several_large_files_are_merged_in_flat_memory(tmp_path: Path) -> None:
    size, count = 100_000, 40
    paths = [tmp_path / f"{worker}.rref" for worker in range(3)]
    for worker, path in enumerate(paths):
        tensor = Tensor(ScalarType.uint8, [size], bytes(size))
        value = ScriptRRefFetchRet([IValue.from_python(tensor)])
        with path.open("wb") as file:
            write_recording(file, (sent(time, value, time, (worker, 7)) for time in range(count)))
    tracemalloc.start()
    try:
        times = [record.time for record in merge([Opened(path) for path in paths])]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert times == [time for time in range(count) for _ in paths]
    assert peak < size * count // 2  # all files together have three times size * count bytes
