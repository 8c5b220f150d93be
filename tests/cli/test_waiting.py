"""`waiting`: the requests without an answer, and who waits for whom."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    EventKind,
    MessageType,
    NativeMessage,
    RecordedEvent,
    RecordedMessage,
    RemoteException,
)
from rref_proto.cli.chains import chains
from rref_proto.cli.times import absolute
from rref_proto.cli.waiting import Conversation
from rref_proto.recording import Record

from cli_helpers import HOLDING, SECOND, run, save
from conversations import ack, in_bytes, sent
from recorded_jobs import load_job
from work import LARGEST_GROWTH, growth_of, peak_of

DOUBT = (
    "not certain: torch tells a caller of an error without a message, "
    "so a call that failed has no answer here"
)


def waiting(recorded: list[Record], *options: str) -> list[str]:
    """Return the lines that `waiting` prints for these records. It must accept them."""
    result = run("waiting", *options, "-", stdin=in_bytes(recorded))
    assert (result.code, result.err) == (0, "")
    return result.out.decode().splitlines()


def of_job(name: str, *options: str) -> str:
    """Return what `waiting` prints at the first moment of a recorded job."""
    job = load_job(name)
    at = absolute(job.moments[0].time)
    result = run("waiting", "--at", at, *options, *map(str, job.paths))
    assert (result.code, result.err) == (0, "")
    return result.out.decode()


def test_the_end_of_the_chain_is_the_worker_that_a_job_hangs_on() -> None:
    head, first, second, title, chain, doubt = of_job("hang").splitlines()
    assert head.startswith("2 requests without an answer at +")
    assert "  first(0) waits for second(1)  PythonCall " in first
    assert "  second(1) waits for third(2)  PythonCall " in second
    assert title == "who waits for whom:"
    assert chain == "  first(0) waits for second(1), which waits for third(2)"
    assert doubt == DOUBT


def test_a_creator_waits_for_its_remote_calls_and_for_the_value() -> None:
    head, *requests, title, chain, doubt = of_job("unanswered").splitlines()
    assert head.startswith("3 requests without an answer at +")
    assert [line.split("owner(0)  ")[1].split(" omitted")[0] for line in requests] == [
        "PythonRemoteCall     rref (1, 0) fork (1, 1)",
        "PythonRemoteCall     rref (1, 2) fork (1, 3)",
        "PythonRRefFetchCall  rref (1, 0)",
    ]
    assert (title, chain, doubt) == (
        "who waits for whom:",
        "  creator(1) waits for owner(0)",
        DOUBT,
    )


def test_the_same_in_json() -> None:
    told = json.loads(of_job("hang", "--format", "json"))
    job = load_job("hang")
    assert told["time"] == absolute(job.moments[0].time)
    assert told["chains"] == [[0, 1, 2]]
    assert told["requestsWithoutId"] == 0
    first, second = told["waiting"]
    assert 0 < second["seconds"] < first["seconds"]
    del first["seconds"]
    (call,) = [
        record
        for record in job.recordings[0]
        if isinstance(record, RecordedMessage)
        and (record.from_worker_id, record.to_worker_id) == (0, 1)
        and absolute(record.time) == first["time"]
    ]
    assert first == {
        "time": absolute(call.time),
        "fromWorkerId": 0,
        "fromWorkerName": "first",
        "toWorkerId": 1,
        "toWorkerName": "second",
        "id": str(call.message.id),
        "type": "PythonCall",
        "summary": f"omitted: str of {call.omitted_values[0].byte_size} B",
    }


@pytest.mark.parametrize("name", ["hang", "unanswered", "clean"])
def test_at_the_end_of_a_job_every_request_is_answered(name: str) -> None:
    result = run("waiting", *map(str, load_job(name).paths))
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(b"no request without an answer at +")
    assert result.out.count(b"\n") == 1


def test_the_oldest_request_is_first_and_ages_are_told_at_the_last_record() -> None:
    lines = waiting(
        [
            sent(5 * SECOND, number=1),
            sent(7 * SECOND, number=2, route=(2, 0)),
            sent(6 * SECOND, number=3, route=(0, 2)),
            ack(8 * SECOND, 1),
            RecordedEvent(9 * SECOND, 0, EventKind.SHUTDOWN_BEGAN, "trainer"),
        ]
    )
    what = "RRefUserDelete       rref (0, 1) fork (0, 2)"
    assert lines == [
        "2 requests without an answer at +4.000000s (oldest first):",
        f"  for    3.000000s  since     +1.000000s  trainer(0) waits for 2  {what}",
        f"  for    2.000000s  since     +2.000000s  2 waits for trainer(0)  {what}",
        "who waits for whom:",
        "  trainer(0) waits for 2, which waits for trainer(0): a circle",
        DOUBT,
    ]


def test_at_tells_what_was_open_then() -> None:
    recorded: list[Record] = [
        sent(5 * SECOND, number=1),
        ack(8 * SECOND, 1),
        sent(9 * SECOND, number=2),
    ]
    first, *_ = waiting(recorded, "--at", "+2")
    assert first == "1 request without an answer at +2.000000s (oldest first):"
    assert waiting(recorded, "--at", "+3.5") == ["no request without an answer at +3.500000s, of 1"]
    # What comes after the end of a recording is not known, so the end is the latest time.
    late = waiting(recorded, "--at", "2999-12-31T00:00:00Z")
    assert late[0] == "1 request without an answer at +4.000000s (oldest first):"
    early = waiting(recorded, "--at", "1970-01-01T00:00:01Z")
    assert early == ["no request is recorded at -4.000000s"]


def test_a_recording_that_tells_nothing_is_not_taken_for_one_without_open_requests() -> None:
    assert waiting([RecordedEvent(1, 0, EventKind.SHUTDOWN_BEGAN)]) == [
        "no request is recorded at +0.000000s"
    ]
    empty = run("waiting", "-", stdin=b"")
    assert (empty.code, empty.out) == (1, b"nothing is recorded\n")
    assert empty.err.startswith("rref-proto: -: ")


def test_requests_without_an_id_are_counted() -> None:
    assert run("waiting", HOLDING).out.decode().splitlines() == [
        "no request with an id is recorded at +0.990995s",
        "not certain: 90 requests without an id: no answer can be told",
    ]
    assert waiting([sent(1), ack(2), sent(3, number=1), ack(4, 1)]) == [
        "no request without an answer at +0.000000s, of 1",
        "not certain: 1 request without an id: no answer can be told",
    ]
    assert waiting([sent(1)])[0] == "no request with an id is recorded at +0.000000s"


def test_an_error_is_an_answer_where_it_is_recorded() -> None:
    failed = sent(2, RemoteException("no"), 1, (1, 0))
    assert waiting([sent(1, number=1), failed])[0].startswith("no request without an answer")


def test_a_message_that_cannot_be_read_is_a_request_or_an_answer_by_its_type() -> None:
    def unreadable(time: int, message_type: MessageType, route: tuple[int, int]) -> RecordedMessage:
        message = sent(time, number=1).message.proto
        message.ClearField("body")
        native = NativeMessage(message_type, b"", (), 1)
        return RecordedMessage(time, *route, type(sent(1).message)(message), native_message=native)

    call = unreadable(1, MessageType.PYTHON_CALL, (0, 1))
    answer = unreadable(2, MessageType.PYTHON_RET, (1, 0))
    assert waiting([call])[1].endswith(
        "0 waits for 1  unreadable           type 0x102, 0 bytes kept"
    )
    assert waiting([call, answer])[0].startswith("no request without an answer")


def test_what_can_be_read_of_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    whole = in_bytes([sent(1, number=1), ack(2, 1)])
    (tmp_path / "cut.rref").write_bytes(whole[:-1])
    result = run("waiting", str(tmp_path / "cut.rref"))
    assert result.code == 1
    assert result.out.startswith(b"1 request without an answer")
    assert "cut.rref: record 1" in result.err
    assert result.err.count("\n") == 1


def test_names_cannot_command_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[31m\u202e"
    result = run("waiting", save(tmp_path / "a.rref", [sent(1, number=1, names=(name, name))]))
    assert result.out.decode().replace("\n", "").isprintable()
    as_json = run("waiting", "--format", "json", str(tmp_path / "a.rref"))
    assert as_json.out.decode().replace("\n", "").isprintable()
    assert json.loads(as_json.out)["waiting"][0]["toWorkerName"] == name


def test_only_open_requests_take_memory() -> None:
    def follow(count: int) -> None:
        conversation = Conversation(None)
        for number in range(count):
            conversation.observe(sent(1, number=number))
            conversation.observe(ack(2, number))
        assert conversation.waiting() == []

    follow(1)  # what is made once for the process is no growth
    assert peak_of(lambda: follow(2000)) < 2 * peak_of(lambda: follow(100))


pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)))


@given(pairs)
def test_each_pair_is_in_one_chain(waits: list[tuple[int, int]]) -> None:
    steps = [step for chain in chains(waits) for step in pairwise(chain)]
    assert sorted(steps) == sorted(set(waits))


@given(pairs)
def test_a_chain_ends_where_nothing_follows_or_where_it_or_an_earlier_one_was(
    waits: list[tuple[int, int]],
) -> None:
    earlier: set[int] = set()
    for chain in chains(waits):
        *workers, last = chain
        assert len(set(workers)) == len(workers)
        goes_on = any(waiter == last for waiter, _ in waits)
        assert not goes_on or last in workers or last in earlier
        earlier |= set(workers)


def test_a_chain_begins_at_a_worker_that_nobody_waits_for() -> None:
    assert list(chains([(1, 2), (2, 3), (0, 1), (0, 4)])) == [[0, 1, 2, 3], [0, 4]]
    assert list(chains([(1, 2), (2, 1), (0, 1)])) == [[0, 1, 2, 1]]
    assert list(chains([(1, 1)])) == [[1, 1]]
    assert list(chains([])) == []


def test_a_long_chain_takes_linear_work() -> None:
    def follow(length: int) -> object:
        return list(chains((each, each + 1) for each in reversed(range(length))))

    assert growth_of(follow, 1000) < LARGEST_GROWTH
