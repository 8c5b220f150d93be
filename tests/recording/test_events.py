"""Events: what a recording says of its worker, besides messages."""

from __future__ import annotations

import io
import json
from itertools import permutations
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    EncodeError,
    EventKind,
    RecordedEvent,
    RecordedMessage,
    merge,
    read_recording,
)
from rref_proto.recording import Record
from rref_proto.v1 import recording_pb2

from conversations import in_bytes, sent
from strategies import events, records
from wire import varint

BEGAN = RecordedEvent(5, 1, EventKind.SHUTDOWN_BEGAN)
ENDED = RecordedEvent(6, 1, EventKind.RECORDING_ENDED)


def read(recording: bytes) -> list[Record]:
    from_file = list(read_recording(io.BytesIO(recording)))
    assert list(read_recording(recording)) == from_file
    return from_file


def of_proto(proto: recording_pb2.RecordedMessage) -> Record:
    wire = proto.SerializeToString()
    (record,) = read(varint(len(wire)) + wire)
    return record


@given(st.lists(records | events, max_size=4))
def test_any_recording_with_events_survives(written: list[Record]) -> None:
    assert read(in_bytes(written)) == written


@given(events)
def test_an_event_is_what_the_generated_code_reads(event: RecordedEvent) -> None:
    proto = recording_pb2.RecordedMessage.FromString(b"".join(event.to_parts()))
    assert proto == event.proto
    assert not proto.HasField("message")
    assert proto.time.ToNanoseconds() == event.time
    assert (proto.from_worker_id, proto.from_worker_name) == (event.worker_id, event.worker_name)
    assert proto.event == event.kind
    count = proto.request_count if proto.HasField("request_count") else None
    assert count == event.request_count
    assert json.loads(event.to_json()) == json_format.MessageToDict(proto)
    assert of_proto(json_format.Parse(event.to_json(), recording_pb2.RecordedMessage())) == event


def test_the_kinds_are_those_of_the_schema() -> None:
    kinds = {f"EVENT_KIND_{kind.name}": kind.value for kind in EventKind}
    assert {"EVENT_KIND_UNSPECIFIED": 0, **kinds} == dict(recording_pb2.EventKind.items())


def test_an_event_of_a_later_version_is_kept_by_its_number() -> None:
    later = RecordedEvent(1, 2, 77, "w", 3)
    assert type(later.kind) is int
    assert read(in_bytes([later])) == [later]
    expected = "RecordedEvent(time=1, worker_id=2, kind=77, worker_name='w', request_count=3)"
    assert repr(later) == expected
    assert RecordedEvent(5, 1, 1) == BEGAN
    assert repr(RecordedEvent(5, 1, 1).kind) == "EventKind.SHUTDOWN_BEGAN"


def test_what_an_event_does_not_use_is_kept() -> None:
    proto = recording_pb2.RecordedMessage(event=2, to_worker_id=5, to_worker_name="later")  # type: ignore[arg-type]
    proto.time.seconds = 1
    proto.MergeFromString(b"\xf2\x07\x03new")
    proto.time.MergeFromString(b"\xf2\x07\x03new")
    event = of_proto(proto)
    assert event.proto == proto
    assert read(in_bytes([event])) == [event]
    assert event != RecordedEvent(10**9, 0, 2)


def test_refuses_a_message_and_an_event_in_one_record() -> None:
    proto = sent(1).proto
    proto.event = recording_pb2.EVENT_KIND_SHUTDOWN_BEGAN
    with pytest.raises(DecodeError, match="record 0 at byte 0, event: expected a message or an"):
        of_proto(proto)


def test_refuses_an_event_that_cannot_be_written() -> None:
    wrong: list[tuple[Any, ...]] = [(2**80, 0, 1), (0, 2**15, 1), (0, 0, 0), (0, 0, 2**31)]
    wrong += [(0, 0, 2, "", -1), (0, 0, 2, "", 2**63)]
    for arguments in wrong:
        with pytest.raises(EncodeError, match="RecordedEvent"):
            RecordedEvent(*arguments)
    wrong = [("1", 0, 1), (0, None, 1), (0, 0, "SHUTDOWN_BEGAN"), (0, 0, 1, b"name")]
    wrong += [(0, 0, 2, "", "5"), (0, 0, 2, "", True)]
    for arguments in wrong:
        with pytest.raises(TypeError, match="RecordedEvent"):
            RecordedEvent(*arguments)


def test_refuses_to_read_an_event_of_no_worker_or_time() -> None:
    proto = ENDED.proto
    proto.from_worker_id = 1 << 20
    with pytest.raises(DecodeError, match="worker_id"):
        of_proto(proto)
    proto = ENDED.proto
    proto.time.nanos = -1
    with pytest.raises(DecodeError, match="nanoseconds"):
        of_proto(proto)


def test_merged_events_stay_at_their_place_in_the_recording() -> None:
    # The clock of worker 1 is far behind, and its part still ends after all that it recorded.
    one: list[Record] = [sent(50), BEGAN, sent(51, number=2), ENDED]
    other: list[Record] = [sent(1, route=(2, 3)), RecordedEvent(7, 2, EventKind.RECORDING_ENDED)]
    for order in permutations([one, other]):
        result = list(merge(order))
        assert [record for record in result if record in one] == one
        assert [record for record in result if record in other] == other


def test_times_decide_where_an_event_comes_between_recordings() -> None:
    messages = [sent(time, number=time, route=(2, 3)) for time in range(10)]
    assert list(merge([messages, [BEGAN, ENDED]])) == [
        *messages[:6],
        BEGAN,
        messages[6],
        ENDED,
        *messages[7:],
    ]


def test_an_event_is_merged_with_copies_of_itself_only() -> None:
    assert list(merge([[BEGAN, ENDED], [BEGAN, ENDED]])) == [BEGAN, ENDED]
    others = [
        RecordedEvent(5, 2, EventKind.SHUTDOWN_BEGAN),
        RecordedEvent(6, 1, EventKind.SHUTDOWN_BEGAN),
        RecordedEvent(5, 1, EventKind.RECORDING_ENDED),
    ]
    for other in others:
        assert len(list(merge([[BEGAN], [other]]))) == 2


@given(st.lists(st.lists(records | events, max_size=4), max_size=3))
def test_no_event_is_lost_in_merging(recordings: list[list[Record]]) -> None:
    every = [record for recording in recordings for record in recording]
    expected = {record for record in every if isinstance(record, RecordedEvent)}
    found = [each for each in merge(recordings) if not isinstance(each, RecordedMessage)]
    assert set(found) == expected
