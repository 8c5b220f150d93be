"""Two pipes of ours: how they are opened, what goes through them, and what they refuse."""

from __future__ import annotations

import struct
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    Device,
    EncodeError,
    LocalProtocolError,
    Message,
    NativeMessage,
    ScalarType,
    Tensor,
    fromMessage,
    libtorch,
)
from rref_proto.tensorpipe.connection import BUFFER_SIZE
from rref_proto.tensorpipe.listener import Listener
from rref_proto.tensorpipe.message_frames import Received, write_message
from rref_proto.tensorpipe.pipe import ClientPipe, Outgoing

from pipe_pair import Pair, feed, in_one, pieces, sendable_message
from strategies import messages

REQUEST, ANSWER = 0x100, 0x201
TENSOR = Tensor(ScalarType.float32, [2], struct.pack("<2f", 1, 2))
EMPTY = Tensor(ScalarType.float32, [0, 3], b"")


def request(message_id: int = 0, *tensors: Tensor, payload: bytes = b"p") -> NativeMessage:
    return NativeMessage(REQUEST, payload, tensors, message_id)


def answer(message_id: int = 0, *tensors: Tensor) -> NativeMessage:
    return NativeMessage(ANSWER, b"r", tensors, message_id)


def test_a_pipe_is_opened_with_the_bytes_of_a_real_session() -> None:
    client, listener = ClientPipe("guest"), Listener("127.0.0.1:45305")
    opening = in_one(client.to_send())
    assert opening["d"].hex() == (
        "0b00000000000000b800b901bd056775657374"
        "2600000000000000b902bb01bd027576bd0475763a2abb01bd056261736963bb01b902bd0363707500bd03616e79"
    )
    accepted = listener.accept()
    feed(accepted, opening["d"])
    assert accepted.pipe is not None
    assert (accepted.pipe.client, accepted.name) == ("guest", "d")
    answered = in_one(accepted.pipe.to_send())
    assert answered["d"].hex() == (
        "6700000000000000b907bd027576bd0f3132372e302e302e313a3435333035bb010100bd0475763a2a"
        "bb01bd056261736963bc080100000000000000bb01bd056261736963bb01b902bd0363707500bd03616e79"
        "bb01ba02b902bd0363707500b902bd0363707500bd056261736963"
    )
    assert client.address is None
    feed(client.connections["d"], answered["d"])
    assert (client.address, client.is_open) == ("127.0.0.1:45305", True)
    requested = in_one(client.to_send())
    assert requested == {
        "r": bytes.fromhex("0500000000000000b801b90100"),
        "c": bytes.fromhex("0500000000000000b801b90101"),
    }
    assert not accepted.pipe.is_open
    for name, data in requested.items():
        connection = listener.accept()
        feed(connection, data)
        assert (connection.pipe, connection.name) == (accepted.pipe, name)
    assert accepted.pipe.is_open
    assert client.to_send() == accepted.pipe.to_send() == []


def test_a_request_and_its_answer() -> None:
    pair = Pair()
    sent = request(7, TENSOR, EMPTY, TENSOR)
    assert pair.request(sent) == [Received(sent)]
    answered = answer(7, EMPTY)
    assert pair.answer(answered) == [Received(answered)]


def test_a_message_has_the_bytes_of_a_real_session() -> None:
    (message,) = write_message(NativeMessage(0x20E, b"", (), 3)).message
    descriptor = "b903bd00ba04b90204bd00b90208bd00b90200bd00b9022fbd00ba00"
    table = b"\x80\x02ctorch.jit._pickle\nbuild_tensorlist\nq\x00(](etR."
    assert bytes(message).hex() == (
        "1c00000000000000" + descriptor + "0400000000000000" + "0e020000"
        "0800000000000000" + "0300000000000000" + "0000000000000000"
        "2f00000000000000" + table.hex()
    )


@given(
    st.lists(messages, max_size=4),
    st.lists(st.integers(1, 200), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_any_messages_go_through_in_any_pieces(
    sent: list[Message], sizes: list[int], chance: Random
) -> None:
    pair = Pair(cut=pieces(*sizes))
    natives = [
        sendable_message(libtorch.to_payload(message), REQUEST, number)
        for number, message in enumerate(sent)
    ]
    outgoing = in_one(each for native in natives for each in pair.client.send(native))
    left = {name: list(pair.cut(data)) for name, data in outgoing.items()}
    received = []
    while coming := [name for name, data in left.items() if data]:
        name = chance.choice(coming)
        pair.accepted[name].receive(left[name].pop(0))
        received += pair.server.received()
    assert received == [Received(native) for native in natives]
    for message, native in zip(sent, natives, strict=True):
        message_type = libtorch.to_payload(message).type
        fromMessage(libtorch.from_payload(message_type, native.payload, native.tensors))
        answered = sendable_message(native, ANSWER, native.id)
        assert pair.answer(answered) == [Received(answered)]
    assert not pair.client.unanswered
    assert not pair.server.unanswered


def test_large_tensors_are_neither_copied_on_the_way_out_nor_twice_on_the_way_in() -> None:
    memory = bytearray(BUFFER_SIZE * 3)
    large = Tensor(ScalarType.uint8, [len(memory)], memory)
    pair = Pair()
    message, tensors = pair.client.send(request(0, large))
    assert tensors.connection == "c"
    memory[5] = 1
    assert tensors.buffers[1][5] == 1  # type: ignore[index]
    pair.to_server([message])
    connection = pair.accepted["c"]
    data = b"".join(tensors.buffers)
    connection.receive(data[:100])
    buffer = connection.get_buffer()
    assert len(buffer) == len(memory) - 92
    buffer[:] = data[100:]
    connection.buffer_updated(len(buffer))
    ((received, error),) = pair.server.received()
    assert error is None
    assert received.tensors == (large,)
    assert received.tensors[0].data.obj is buffer.obj
    assert hash(received.tensors[0]) == hash(Tensor(ScalarType.uint8, large.sizes, bytes(memory)))


def test_a_large_payload_is_not_copied_on_the_way_out() -> None:
    pair = Pair()
    sent = request(0, payload=bytes(BUFFER_SIZE * 2))
    ((_, buffers),) = outgoing = pair.client.send(sent)
    assert any(buffer is sent.payload for buffer in buffers)
    pair.to_server(outgoing)
    assert pair.server.received() == [Received(sent)]


def test_messages_come_in_the_order_in_which_they_were_sent() -> None:
    pair = Pair()
    sent = [request(0, TENSOR), request(1), request(2, EMPTY), request(3, TENSOR)]
    outgoing = in_one(each for message in sent for each in pair.client.send(message))
    pair.accepted["d"].receive(outgoing["d"])
    assert pair.server.received() == []
    pair.accepted["c"].receive(outgoing["c"][:16])
    assert [received.message.id for received in pair.server.received()] == [0, 1, 2]
    pair.accepted["c"].receive(outgoing["c"][16:])
    assert [received.message.id for received in pair.server.received()] == [3]


def test_answers_come_in_any_order() -> None:
    pair = Pair()
    for number in range(3):
        pair.request(request(number))
    for number in (2, 0, 1):
        assert pair.answer(answer(number)) == [Received(answer(number))]


def test_a_server_reads_messages_once_the_pipe_is_open() -> None:
    client, listener = ClientPipe("guest"), Listener("127.0.0.1:1")
    accepted = {"d": listener.accept()}
    feed(accepted["d"], in_one(client.to_send())["d"])
    server = accepted["d"].pipe
    assert server is not None
    feed(client.connections["d"], in_one(server.to_send())["d"])
    requested = in_one(client.to_send())
    sent = in_one(client.send(request(0, TENSOR)))
    accepted["d"].receive(sent["d"])
    assert (server.received(), server.unanswered) == ([], set())
    for name in ("c", "r"):
        accepted[name] = listener.accept()
        accepted[name].receive(requested[name] + sent.get(name, b""))
    assert server.received() == [Received(request(0, TENSOR))]


def test_a_sparse_tensor_is_the_error_of_one_message() -> None:
    pair = Pair()
    (message, tensors) = pair.client.send(request(0, TENSOR))
    data = b"".join(message.buffers).replace(b"_rebuild_tensor_v2", b"_rebuild_sparse_te")
    pair.to_server([Outgoing("d", [data]), tensors])
    ((received, error),) = pair.server.received()
    assert "_rebuild_sparse_te" in str(error)
    assert (received.id, received.payload, len(received.tensors)) == (0, b"p", 1)
    assert pair.answer(answer(0)) == [Received(answer(0))]
    assert pair.request(request(1)) == [Received(request(1))]


# What the program may not do.


def test_nothing_is_sent_before_a_pipe_is_open() -> None:
    with pytest.raises(LocalProtocolError, match="expected a pipe that is open"):
        ClientPipe("guest").send(request())


def test_each_side_sends_its_own_kind_of_message() -> None:
    pair = Pair()
    for wrong in (ANSWER, 0x3C, 0x1FF, 0):
        with pytest.raises(LocalProtocolError, match=f"the type of a request, got {wrong:#x}"):
            pair.client.send(NativeMessage(wrong, b"", (), 0))
    pair.request(request(0))
    with pytest.raises(LocalProtocolError, match="the type of an answer, got 0x100"):
        pair.server.send(request(0))


def test_each_request_is_answered_once_and_has_its_own_id() -> None:
    pair = Pair()
    pair.request(request(1))
    with pytest.raises(LocalProtocolError, match="without a pending request, got 1"):
        pair.client.send(request(1))
    for wrong in (0, 2):
        with pytest.raises(LocalProtocolError, match=f"without an answer, got {wrong}"):
            pair.server.send(answer(wrong))
    pair.answer(answer(1))
    with pytest.raises(LocalProtocolError, match="without an answer, got 1"):
        pair.server.send(answer(1))
    assert pair.request(request(1)) == [Received(request(1))]


def test_a_message_that_cannot_be_written_changes_nothing() -> None:
    pair = Pair()
    with pytest.raises(EncodeError, match="on the cpu"):
        pair.client.send(request(0, Tensor(ScalarType.int8, [], b"a", device=Device("cuda"))))
    assert pair.request(request(0)) == [Received(request(0))]
