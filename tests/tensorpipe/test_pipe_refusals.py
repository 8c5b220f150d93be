"""What a peer may not send on a pipe: one error, and a bound on the memory that it takes."""

from __future__ import annotations

import struct
import sys
from resource import RUSAGE_SELF, getrusage

import pytest

from rref_proto import (
    DecodeError,
    LocalProtocolError,
    NativeMessage,
    RemoteProtocolError,
    RRefProtoError,
    ScalarType,
    Tensor,
)
from rref_proto.tensorpipe.connection import BUFFER_SIZE, frame
from rref_proto.tensorpipe.limits import Limits
from rref_proto.tensorpipe.listener import Listener
from rref_proto.tensorpipe.message_frames import Received, write_message
from rref_proto.tensorpipe.packets import (
    CPU,
    Brochure,
    BrochureAnswer,
    Descriptor,
    DescriptorReply,
    PayloadDescriptor,
    RequestedConnection,
    SpontaneousConnection,
    TensorDescriptor,
)
from rref_proto.tensorpipe.pipe import BROCHURE, ClientPipe

from pipe_pair import Pair, in_one
from work import LARGEST_GROWTH, growth_of, peak_of

REQUEST, ANSWER = 0x100, 0x201


def described(*tensors: TensorDescriptor, sizes: tuple[int, ...] = (4, 8, 0, 0)) -> bytes:
    return frame(Descriptor(tuple(map(PayloadDescriptor, sizes)), tensors).to_bytes())


def begun(message_type: int, message_id: int, *tensors: TensorDescriptor) -> bytes:
    """Return a message without its payload and its table, which are empty frames."""
    head = described(*tensors) + frame(struct.pack("<i", message_type))
    return head + frame(struct.pack("<q", message_id))


SMALL = Limits(
    handshake=1000, descriptor=300, payload=10, table=10, buffers=2, tensor_data=10, waiting=2
)
FROM_CLIENT = {
    "a long frame": ("d", struct.pack("<Q", 301), "a Descriptor of 0 to 300 bytes, got a frame"),
    "no descriptor": ("d", frame(b"hello"), "byte 0 of the Descriptor"),
    "three payloads": ("d", described(sizes=(4, 8, 0)), r"and two more, got \[4, 8, 0\]"),
    "a long type": ("d", described(sizes=(8, 8, 0, 0)), r"got \[8, 8, 0, 0\]"),
    "another length": ("d", described() + frame(b"12345"), "a type of 4 bytes, got a frame of 5"),
    "a large payload": ("d", described(sizes=(4, 8, 11, 0)), "at most 10 bytes of payload, got 11"),
    "a large table": ("d", described(sizes=(4, 8, 0, 11)), "at most 10 bytes of the table"),
    "many buffers": ("d", described(*[TensorDescriptor(0)] * 3), "at most 2 buffers, got 3"),
    "much data": ("d", described(*[TensorDescriptor(6)] * 2), "10 bytes of tensors, got 12"),
    "an open target": ("d", described(TensorDescriptor(1, CPU, None)), "one from cpu:0 to None"),
    "an answer": ("d", begun(ANSWER, 0), "the type of a request, got 0x201"),
    "the same id": ("d", begun(REQUEST, 5), "a new id, got the id 5 again"),
    "a reply": ("r", frame(DescriptorReply((CPU,)).to_bytes()), "expected no DescriptorReply"),
    "a long reply": ("r", struct.pack("<Q", 301), "a DescriptorReply of 0 to 300 bytes"),
}


@pytest.mark.parametrize(("name", "data", "problem"), FROM_CLIENT.values(), ids=FROM_CLIENT.keys())
def test_what_breaks_the_protocol_closes_the_pipe(name: str, data: bytes, problem: str) -> None:
    pair = Pair(SMALL)
    pair.server.unanswered.add(5)
    with pytest.raises((RemoteProtocolError, DecodeError), match=problem) as first:
        pair.accepted[name].receive(data)
    for connection in pair.accepted.values():
        with pytest.raises(type(first.value)) as again:
            connection.get_buffer()
        assert again.value is first.value
    with pytest.raises(LocalProtocolError, match="expected a pipe without an error"):
        pair.server.send(NativeMessage(ANSWER, b"", (), 5))


FROM_SERVER = {
    "a request": (begun(REQUEST, 0), "the type of an answer, got 0x100"),
    "an unknown id": (begun(ANSWER, 7), "the answer of a request, got one with the id 7"),
    "a second answer": (begun(ANSWER, 5) + frame(b"") * 2 + begun(ANSWER, 5), "with the id 5"),
}


@pytest.mark.parametrize(("data", "problem"), FROM_SERVER.values(), ids=FROM_SERVER.keys())
def test_a_client_gets_one_answer_for_each_request(data: bytes, problem: str) -> None:
    pair = Pair()
    pair.client.send(NativeMessage(REQUEST, b"", (), 5))
    with pytest.raises(RemoteProtocolError, match=problem):
        pair.client.connections["d"].receive(data)


CHOICES = {
    "another transport": {"transport": "shm"},
    "another domain": {"transport_domain": "uv:1"},
    "a new connection": {"connection_ids": {0: 1, 1: 2}},
    "no replies": {"connection_ids": {}},
    "another channel": {"channel_connection_ids": {"cma": (1,)}},
    "two connections": {"channel_connection_ids": {"basic": (1, 2)}},
    "no devices": {"channel_of_devices": {}},
}
CHOSEN = {
    "transport": "uv",
    "address": "127.0.0.1:1",
    "connection_ids": {1: 4},
    "transport_domain": "uv:*",
    "channel_connection_ids": {"basic": (5,)},
    "channel_devices": {},
    "channel_of_devices": {(CPU, CPU): "basic"},
}


@pytest.mark.parametrize("change", CHOICES.values(), ids=CHOICES.keys())
def test_a_server_chooses_what_it_was_offered(change: dict[str, object]) -> None:
    client = ClientPipe("guest")
    client.connections["d"].receive(frame(BrochureAnswer(**CHOSEN).to_bytes()))  # type: ignore[arg-type]
    assert client.is_open
    client = ClientPipe("guest")
    changed = BrochureAnswer(**{**CHOSEN, **change})  # type: ignore[arg-type]
    with pytest.raises(RemoteProtocolError, match='the choice of transport "uv"'):
        client.connections["d"].receive(frame(changed.to_bytes()))
    assert (client.is_open, client.address, client.to_send()[1:]) == (False, None, [])


@pytest.mark.parametrize(
    ("brochure", "problem"),
    [
        (Brochure({"shm": "x"}, BROCHURE.channels), 'the transport "uv"'),
        (Brochure({"uv": "uv:1"}, BROCHURE.channels), 'the transport "uv"'),
        (Brochure(BROCHURE.transports, {"cma": {CPU: "any"}}), 'the channel "basic"'),
        (Brochure(BROCHURE.transports, {"basic": {}}), 'the channel "basic"'),
    ],
)
def test_a_client_offers_what_is_needed(brochure: Brochure, problem: str) -> None:
    connection = Listener("127.0.0.1:1").accept()
    connection.receive(frame(SpontaneousConnection("guest").to_bytes()))
    with pytest.raises(RemoteProtocolError, match=problem):
        connection.receive(frame(brochure.to_bytes()))


def test_a_connection_that_nobody_asked_for_is_refused_alone() -> None:
    pair = Pair()
    for used in (0, 1, 2):
        connection = pair.listener.accept()
        with pytest.raises(RemoteProtocolError, match=f"that was asked for, got {used}"):
            connection.receive(frame(RequestedConnection(used).to_bytes()))
        assert connection.pipe is None
    assert pair.server.is_open
    assert pair.request(NativeMessage(REQUEST, b"", (), 0))


def test_a_closed_pipe_has_no_more_connections() -> None:
    client, listener = ClientPipe("guest"), Listener("127.0.0.1:1")
    connection = listener.accept()
    connection.receive(in_one(client.to_send())["d"])
    assert connection.pipe is not None
    listener.forget(connection.pipe)
    with pytest.raises(RemoteProtocolError, match="that was asked for, got 0"):
        listener.accept().receive(frame(RequestedConnection(0).to_bytes()))


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" * 10])
def test_bytes_of_another_protocol_are_refused(start: bytes) -> None:
    connection = Listener("127.0.0.1:1").accept()
    with pytest.raises(RRefProtoError):
        connection.receive(start + b"\xff" * 20)


def test_a_message_with_any_bit_flipped_is_read_or_refused() -> None:
    outcomes = set()
    tensor = Tensor(ScalarType.float32, [2], b"12345678")
    sent = in_one(Pair().client.send(NativeMessage(REQUEST, b"payload", (tensor,), 1)))
    for position in range(8 * len(sent["d"])):
        changed = bytearray(sent["d"])
        changed[position // 8] ^= 1 << position % 8
        pair = Pair()
        try:
            pair.accepted["d"].receive(changed)
            pair.accepted["c"].receive(sent["c"])
        except RRefProtoError:
            outcomes.add("refused")
        else:
            outcomes.update(
                "read" if received.error is None else "read in part"
                for received in pair.server.received()
            )
    assert outcomes == {"refused", "read", "read in part"}


# What is not refused, but waits.


def small_request(number: int) -> NativeMessage:
    return NativeMessage(REQUEST, b"", (Tensor(ScalarType.uint8, [1], b"x"),), number)


def test_no_more_messages_are_read_than_may_wait_for_their_tensors() -> None:
    pair = Pair(Limits(waiting=2))
    outgoing = in_one(
        each for number in range(5) for each in pair.client.send(small_request(number))
    )
    pair.accepted["d"].receive(outgoing["d"])
    assert pair.server.unanswered == {0, 1}
    pair.accepted["c"].receive(outgoing["c"])
    assert [received.message.id for received in pair.server.received()] == [0, 1, 2, 3, 4]


def test_tensors_that_were_not_announced_wait_outside() -> None:
    pair = Pair()
    count = BUFFER_SIZE // 9 + 10
    outgoing = in_one(
        each for number in range(count) for each in pair.client.send(small_request(number))
    )
    channel = pair.accepted["c"]
    channel.receive(outgoing["c"][:BUFFER_SIZE])
    assert not channel.wants_data
    with pytest.raises(LocalProtocolError, match="wants_data is False"):
        channel.get_buffer()
    pair.accepted["d"].receive(outgoing["d"])
    assert channel.wants_data
    channel.receive(outgoing["c"][BUFFER_SIZE:])
    assert len(pair.server.received()) == count


def test_a_claimed_length_takes_no_memory() -> None:
    pair = Pair()
    claimed = 1 << 33
    head = begun(REQUEST, 1, TensorDescriptor(claimed))

    def attempt() -> None:
        pair.accepted["d"].receive(head + frame(b"") * 2)
        pair.accepted["c"].receive(struct.pack("<Q", claimed) + b"x" * 100)

    assert peak_of(attempt) < 1_000_000
    assert len(pair.accepted["c"].get_buffer()) == claimed - 100
    # Of memory that was not written to, tracemalloc would not know.
    unit = 1 if sys.platform == "darwin" else 1024
    assert getrusage(RUSAGE_SELF).ru_maxrss * unit < claimed / 4


def test_a_length_that_the_machine_cannot_reserve_is_refused() -> None:
    pair = Pair(Limits(tensor_data=1 << 62))
    head = begun(REQUEST, 1, TensorDescriptor(1 << 62))
    pair.accepted["d"].receive(head + frame(b"") * 2)
    with pytest.raises(RemoteProtocolError, match="no more than this machine can reserve"):
        pair.accepted["c"].receive(struct.pack("<Q", 1 << 62))


def test_many_messages_are_no_more_work_for_each() -> None:
    def exchange(count: int) -> None:
        pair = Pair()
        outgoing = in_one(
            each for number in range(count) for each in pair.client.send(small_request(number))
        )
        for name, data in outgoing.items():
            pair.accepted[name].receive(data)
        assert len(pair.server.received()) == count

    assert growth_of(exchange, 50) < LARGEST_GROWTH


def test_a_message_that_comes_byte_by_byte_is_work_in_proportion() -> None:
    def exchange(size: int) -> None:
        pair = Pair()
        message = NativeMessage(REQUEST, bytes(size), (), 0)
        data = b"".join(write_message(message).message)
        for position in range(len(data)):
            pair.accepted["d"].receive(data[position : position + 1])
        assert pair.server.received() == [Received(message)]

    assert growth_of(exchange, 1000) < LARGEST_GROWTH
