"""What two workers of a real PyTorch job wrote to each other: we read it, and write the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rref_proto import (
    MessageType,
    NativeMessage,
    ScalarType,
    Tensor,
    fromMessage,
    libtorch,
)
from rref_proto.tensorpipe.connection import frame
from rref_proto.tensorpipe.listener import Listener
from rref_proto.tensorpipe.message_frames import Received, write_message
from rref_proto.tensorpipe.packets import RequestedConnection
from rref_proto.tensorpipe.pipe import ClientPipe, Pipe

from pipe_pair import Cut, feed, in_one, pieces, whole
from recorded_pipes import SERVERS, session

every_session = pytest.mark.parametrize("server", SERVERS)


def as_server(server: str, cut: Cut = whole) -> tuple[Pipe, list[Received]]:
    """Be the server of a recorded pipe; return its state and the requests."""
    recorded = session(server)
    listener = Listener(recorded.answer.address)
    for number, name in ((None, "d"), (0, "r"), (1, "c")):
        data = recorded.client.streams[name]
        if number is not None:
            # As if the server had numbered its connections as ours does.
            start = frame(RequestedConnection(number).to_bytes())
            data = start + data.removeprefix(recorded.client.opening[name])
        accepted = listener.accept()
        feed(accepted, data, cut)
    assert accepted.pipe is not None
    return accepted.pipe, accepted.pipe.received()


def as_client(server: str, cut: Cut = whole) -> tuple[Pipe, list[Received]]:
    """Be the client of a recorded pipe; return its state and the answers."""
    recorded = session(server)
    client = ClientPipe(recorded.client_name)
    client.unanswered.update(each.message.id for each in as_server(server)[1])
    for name in ("d", "c"):
        feed(client.connections[name], recorded.server.streams[name], cut)
    return client, client.received()


every_side = pytest.mark.parametrize("read", [as_server, as_client])
Read = Callable[..., tuple[Pipe, list[Received]]]


@every_session
def test_a_pipe_is_opened_as_by_pytorch(server: str) -> None:
    recorded = session(server)
    client = ClientPipe(recorded.client_name)
    assert in_one(client.to_send())["d"] == recorded.client.opening["d"]
    assert frame(recorded.answer.to_bytes()) == recorded.server.opening["d"]
    feed(client.connections["d"], recorded.server.opening["d"])
    opening = {"d": b"", **in_one(client.to_send())}
    assert opening["r"] == recorded.client.opening["r"]
    assert opening["c"] == recorded.client.opening["c"]


@every_session
@every_side
def test_each_message_has_the_bytes_of_pytorch(server: str, read: Read) -> None:
    recorded = session(server)
    side = recorded.client if read is as_server else recorded.server
    _, received = read(server)
    assert len(received) == len(side.messages) > 20
    same = []
    for (message, error), (on_d, on_c) in zip(received, side.messages, strict=True):
        written = write_message(message)
        if (b"".join(written.message), b"".join(written.tensors)) == (on_d, on_c):
            same.append(message.id)
        else:
            # Views of one storage, of which we make a storage each; and what cannot be read.
            assert error is not None or len(message.tensors) == len(VIEWS)
    assert len(received) - len(same) == 5


@every_session
@every_side
@pytest.mark.parametrize("cut", [pieces(1), pieces(7, 1000, 8)], ids=["1", "7, 1000, 8"])
def test_how_the_bytes_are_cut_does_not_matter(server: str, read: Read, cut: Cut) -> None:
    # Errors are compared by their text.
    assert list(map(repr, read(server, cut)[1])) == list(map(repr, read(server)[1]))


@every_session
@every_side
def test_the_payloads_are_read_and_written_as_well(server: str, read: Read) -> None:
    for message, _ in read(server)[1]:
        command = fromMessage(libtorch.from_payload(message.type, message.payload, message.tensors))
        native = libtorch.to_payload(command.toMessage().with_id(message.id))
        assert native == message


def sent_to_echo(server: str, count: int) -> NativeMessage:
    """Return the call whose argument is a list of so many tensors."""
    (found,) = (
        message
        for message, error in as_server(server)[1]
        if error is None and len(message.tensors) == count
    )
    assert found.type == MessageType.PYTHON_CALL
    return found


NUMBERS = list(map(float, range(12)))
# The values of pipe_job.views().
VIEWS = [
    ((3, 4), NUMBERS),
    ((4, 3), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]),
    ((2, 2), [5, 6, 9, 10]),
    ((2, 4), [0, 1, 2, 3] * 2),
    ((), [11]),
    ((0, 3), []),
    ((), [7]),
    ((12,), NUMBERS),
]


@every_session
def test_views_of_a_storage_have_their_values(server: str) -> None:
    tensors = sent_to_echo(server, len(VIEWS)).tensors
    formats = {ScalarType.float32: "f", ScalarType.int64: "q"}
    values = [
        (each.sizes, each.data.cast(formats[each.dtype]).tolist() if each.data else [])
        for each in tensors
    ]
    assert values == VIEWS
    assert [each.requires_grad for each in tensors] == [False] * 7 + [True]


@every_session
def test_tensors_of_all_types_are_read(server: str) -> None:
    assert {each.dtype for each in sent_to_echo(server, len(ScalarType)).tensors} == set(ScalarType)


@every_session
def test_what_is_not_dense_is_the_error_of_one_message(server: str) -> None:
    refused = [each for each in as_server(server)[1] if each.error is not None]
    kinds = ("a sparse tensor", "a quantized tensor", *["a conjugated or negated tensor"] * 2)
    for (message, error), kind in zip(refused, kinds, strict=True):
        assert f"got {kind}" in str(error)
        first, _, last = message.tensors
        assert first == last == Tensor(ScalarType.float32, [12], first.data)
        assert first.data.cast("f").tolist() == NUMBERS
