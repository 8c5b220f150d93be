"""Payloads of identifiers and numbers alone, which have a reader and a writer of their own."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    ForkId,
    IValue,
    PythonRRefFetchCall,
    RemoteRet,
    RpcCommandBase,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptRRefFetchCall,
    fromMessage,
    libtorch,
)
from rref_proto.libtorch.writer import write_tuple

from strategies import fork_ids, rref_ids, worker_ids

commands: st.SearchStrategy[RpcCommandBase] = st.one_of(
    st.builds(RRefUserDelete, rref_ids, fork_ids),
    st.builds(RRefForkRequest, rref_ids, fork_ids),
    st.builds(RemoteRet, rref_ids, fork_ids),
    st.builds(RRefChildAccept, fork_ids),
    st.builds(ScriptRRefFetchCall, worker_ids, rref_ids),
    st.builds(PythonRRefFetchCall, worker_ids, rref_ids),
)
# Where the number of bytes of an int changes.
EDGES = [0, 0xFF, 0x100, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**63 - 1]


def by_the_general_writer(command: RpcCommandBase) -> bytes:
    match command:
        case RRefChildAccept(fork_id):
            values, held = [fork_id.toIValue()], [True]
        case ScriptRRefFetchCall(worker, rref_id) | PythonRRefFetchCall(worker, rref_id):
            values, held = [rref_id.toIValue(), IValue("int_value", worker)], [False, False]
        case RRefUserDelete(rref_id, fork_id) | RRefForkRequest(rref_id, fork_id):
            values, held = [rref_id.toIValue(), fork_id.toIValue()], [True, True]
        case RemoteRet(rref_id, fork_id):
            values, held = [rref_id.toIValue(), fork_id.toIValue()], [True, True]
        case _:
            raise AssertionError(command)
    return write_tuple(values, held)[0]


@given(commands)
def test_the_bytes_are_those_of_the_general_writer(command: RpcCommandBase) -> None:
    native = libtorch.to_payload(command.toMessage())
    assert native.payload == by_the_general_writer(command)
    assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command
    # What has more bytes than the pattern is read by the general reader.
    assert fromMessage(libtorch.from_payload(native.type, native.payload + b"more")) == command


@pytest.mark.parametrize(("number", "other"), list(product(EDGES, EDGES)))
def test_ints_of_every_size_are_written_and_read(number: int, other: int) -> None:
    for command in (
        RRefUserDelete(RRefId(-1, number), ForkId(255, ~other)),
        RRefChildAccept(ForkId(256, ~number)),
        ScriptRRefFetchCall(-256, RRefId(0x7FFF, other)),
    ):
        native = libtorch.to_payload(command.toMessage())
        assert native.payload == by_the_general_writer(command)
        assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command


def test_an_int_in_more_bytes_than_it_needs_is_read() -> None:
    payload = b"\x80\x02J\x01\x00\x00\x00\x8a\x08" + b"\x02" + bytes(7) + b"\x86q\x00\x85."
    assert fromMessage(libtorch.from_payload(0x10D, payload)) == RRefChildAccept(ForkId(1, 2))


def test_a_payload_that_is_cut_off_is_refused() -> None:
    native = libtorch.to_payload(RRefUserDelete(RRefId(1, 70000), ForkId(2, 5)).toMessage())
    for length in range(len(native.payload)):
        with pytest.raises(DecodeError):
            libtorch.from_payload(native.type, native.payload[:length])


def test_bytes_of_dot_and_newline_are_numbers_like_others() -> None:
    for number in (ord("\n"), ord("."), 0x0A0A, 0x2E2E2E2E):
        command = RRefUserDelete(RRefId(10, number), ForkId(46, number))
        native = libtorch.to_payload(command.toMessage())
        assert fromMessage(libtorch.from_payload(native.type, native.payload)) == command
