"""The store: the requests of torch's own client, answers of a real store, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import EncodeError, LocalProtocolError, RemoteProtocolError
from rref_proto.tensorpipe.keys import (
    Address,
    Key,
    Member,
    members_from_value,
    members_to_value,
)
from rref_proto.tensorpipe.limits import Limits
from rref_proto.tensorpipe.store import Dialect, Request, Store

from recorded_pipes import DATA
from work import peak_of

ROWS = list(map(json.loads, (DATA / "store.jsonl").read_text(encoding="utf-8").splitlines()))
OPENING, *REQUESTS = ROWS
# The method of Store for each method of torch's client.
METHODS: dict[str, Callable[..., Request[Any]]] = {
    "set": lambda store, key, value: store.set(key, value),
    "compare_set": lambda store, key, expected, new: store.compare_set(key, expected, new),
    "get": lambda store, key: store.get(key),
    "add": lambda store, key, amount: store.add(key, amount),
    "check": lambda store, keys: store.check(keys),
    "wait": lambda store, keys: store.wait(keys),
    "num_keys": lambda store: store.number_of_keys(),
    "delete_key": lambda store, key: store.delete(key),
}


def request_of(row: dict[str, Any], store: Store) -> Request[Any]:
    """Make the request of a row. torch's client puts a slash before keys and encodes values."""
    first, *others = row["arguments"] or [None]
    keys = [f"/{each}" for each in first] if isinstance(first, list) else f"/{first}"
    values = [each.encode() if isinstance(each, str) else each for each in others]
    return METHODS[row["request"]](store, *([] if first is None else [keys]), *values)


def read_answer(request: Request[Any], data: bytes) -> Any:
    """Return the value of an answer, of which nothing may be left."""
    answer = request.answer()
    while answer.missing:
        part, data = data[: answer.missing], data[answer.missing :]
        answer.receive(part)
    assert data == b""
    return answer.value


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row["request"])
def test_a_request_and_its_answer_are_those_of_a_real_session(row: dict[str, Any]) -> None:
    store = Store()
    request = request_of(row, store)
    data, answer, value = bytes.fromhex(row["data"]), bytes.fromhex(row["answer"]), row["value"]
    if row["request"] == "get":
        wait = store.wait([f"/{row['arguments'][0]}"])
        assert read_answer(wait, answer[:1]) is None
        assert data.startswith(wait.data)
        data, answer = data.removeprefix(wait.data), answer[1:]
    assert request.data == data
    assert read_answer(request, answer) == (value.encode() if isinstance(value, str) else value)


def test_a_connection_begins_with_the_number_that_a_store_expects() -> None:
    assert Store().opening().hex() == "00cef7853c"
    assert OPENING["data"].startswith(Store().opening().hex())


def test_a_store_before_2_2_counts_from_another_number() -> None:
    old = Store(Dialect.BEFORE_2_2)
    assert old.opening() == b""
    for row in REQUESTS:
        ours, before = request_of(row, Store()), request_of(row, old)
        assert before.data == bytes([ours.data[0] - 1]) + ours.data[1:]
    assert old.set("k", b"v").data[0] == 0
    assert old.number_of_keys().data == b"\x06"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_any_key_and_value_are_written(key: str, value: bytes) -> None:
    encoded = key.encode()
    length, size = (len(each).to_bytes(8, "little") for each in (encoded, value))
    assert Store().set(key, value).data == b"\x01" + length + encoded + size + value


REFUSED: dict[str, tuple[Request[Any], str, str]] = {
    "a long value": (Store(limits=Limits(store_value=5)).get("k"), "06" + "00" * 7,
                     "at most 5 bytes of a value, got 6"),
    "another check": (Store().check(["k"]), "02", "0 or 1 as an answer, got 2"),
    "a wait that ends": (Store().wait(["k"]), "01", "0 as an answer, got 1"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "data", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_store_answers_is_refused(request_: Request[Any], data: str, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=f"TCPStore: expected {problem}"):
        read_answer(request_, bytes.fromhex(data))


def test_an_answer_takes_as_many_bytes_as_it_misses() -> None:
    answer = Store().get("k").answer()
    assert answer.missing == 8
    for wrong in (b"", b"1234567", b"123456789"):
        with pytest.raises(LocalProtocolError, match="expected 8 bytes of the answer"):
            answer.receive(wrong)
    answer.receive((0).to_bytes(8, "little"))
    assert (answer.missing, answer.value) == (0, b"")
    with pytest.raises(LocalProtocolError, match="expected 0 bytes"):
        answer.receive(b"")


def test_a_claimed_length_takes_no_memory() -> None:
    answer = Store(limits=Limits(store_value=1 << 40)).get("k").answer()
    assert peak_of(lambda: answer.receive((1 << 40).to_bytes(8, "little"))) < 100_000
    assert answer.missing == 1 << 40


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"Store\.add"):
        Store().add("k", 2**63)
    with pytest.raises(EncodeError, match="a key of the store"):
        Store().get("\ud800")
    with pytest.raises(TypeError, match="a key of the store"):
        Store().get(b"k")  # type: ignore[arg-type]


# Keys and values of a job.


def test_keys_are_those_of_a_real_job() -> None:
    assert Key.NAME.of(0) == "/rpc_prefix_0/names/0"
    assert Key.ADDRESS.of("w0") == "/rpc_prefix_0/addrs/w0"
    assert Key.IS_STATIC_GROUP.of(job=1) == "/rpc_prefix_1/rpcIsStaticGroup"
    assert Key.MEMBERS.of() == "/rpc_prefix_0/names/_ALL_WORKER_INFOS"
    assert Key.JOINED.of("w1") == "/rpc_prefix_0/Token_for_w1_join"
    assert Key.LEFT.of("w1") == "/rpc_prefix_0/Token_for_w1_leave"


@pytest.mark.parametrize(
    ("address", "value"),
    [(Address("127.0.0.1", 38323), b"uv://127.0.0.1:38323"), (Address("::1", 7), b"uv://[::1]:7")],
)
def test_an_address_is_read_and_written(address: Address, value: bytes) -> None:
    assert address.value == value
    assert Address.from_value(value) == address
    assert Address.parse(value.decode().removeprefix("uv://")) == address


@pytest.mark.parametrize(
    "value",
    [
        b"shm://x", b"uv://", b"uv://h", b"uv://h:", b"uv://:1", b"uv://h:-1", b"uv://h:65536",
        b"uv://h:123456", b"uv://::1:7", b"uv://[h]:7", b"uv://[::1:7", b"\xff",
        "uv://h:\u0663".encode(),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(value: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        Address.from_value(value)


def test_members_are_read_and_written() -> None:
    members = [Member("w0", 0), Member("a-b-1", 32767)]
    assert members_to_value(members) == b"w0-0,a-b-1-32767,"
    assert members_from_value(b"w0-0,a-b-1-32767,") == members
    assert members_from_value(b"") == []


@pytest.mark.parametrize("value", [b"w0-0", b"w0,", b"-0,", b",", b"w0-x,", b"w-123456,", b"\xff,"])
def test_what_are_no_members_is_refused(value: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        members_from_value(value)
