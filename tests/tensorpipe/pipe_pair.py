"""Pairs of pipes of ours, and what goes from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rref_proto import NativeMessage, Tensor
from rref_proto.tensorpipe.connection import Connection
from rref_proto.tensorpipe.limits import Limits
from rref_proto.tensorpipe.listener import Accepted, Listener
from rref_proto.tensorpipe.message_frames import Received
from rref_proto.tensorpipe.pipe import ClientPipe, Outgoing, ServerPipe
from rref_proto.tensorpipe.tensor_table import WITHOUT_GRADIENTS

Cut = Callable[[bytes], Iterable[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """Yield data as it is."""
    yield data


def pieces(*sizes: int) -> Cut:
    """Return what cuts data into pieces of these sizes, again and again."""

    def cut(data: bytes) -> Iterator[bytes]:
        position = number = 0
        while position < len(data):
            size = sizes[number % len(sizes)]
            yield data[position : position + size]
            position, number = position + size, number + 1

    return cut


def in_one(outgoing: Iterable[Outgoing]) -> dict[str, bytes]:
    """Return all bytes for each connection."""
    written: dict[str, bytes] = {}
    for name, buffers in outgoing:
        written[name] = written.get(name, b"") + b"".join(buffers)
    return written


def feed(connection: Connection, data: bytes, cut: Cut = whole) -> None:
    """Let data come on a connection, in pieces."""
    for piece in cut(data):
        connection.receive(piece)


class Pair:
    """A client and a server, and the connections between them."""

    def __init__(self, limits: Limits | None = None, cut: Cut = whole) -> None:
        self.cut = cut
        self.listener = Listener("127.0.0.1:1234", limits or Limits())
        self.client = ClientPipe("guest", limits or Limits())
        self.accepted: dict[str, Accepted] = {}
        self._server: ServerPipe | None = None
        self.to_server(self.client.to_send())
        self.to_client(self.server.to_send())
        self.to_server(self.client.to_send())

    @property
    def server(self) -> ServerPipe:
        pipe = self.accepted["d"].pipe
        assert pipe is not None
        return pipe

    def to_server(self, outgoing: Iterable[Outgoing]) -> None:
        for name, data in in_one(outgoing).items():
            if name not in self.accepted:
                self.accepted[name] = self.listener.accept()
            feed(self.accepted[name], data, self.cut)

    def to_client(self, outgoing: Iterable[Outgoing]) -> None:
        for name, data in in_one(outgoing).items():
            feed(self.client.connections[name], data, self.cut)

    def request(self, message: NativeMessage) -> list[Received]:
        """Send a request; return what the server has received."""
        self.to_server(self.client.send(message))
        return self.server.received()

    def answer(self, message: NativeMessage) -> list[Received]:
        """Send an answer; return what the client has received."""
        self.to_client(self.server.send(message))
        return self.client.received()


def sendable(tensor: Tensor) -> Tensor:
    """Return the tensor as one that libtorch takes: on the cpu, and ints without gradients."""
    requires_grad = tensor.requires_grad and tensor.dtype not in WITHOUT_GRADIENTS
    return Tensor(tensor.dtype, tensor.sizes, tensor.data, requires_grad)


def sendable_message(message: NativeMessage, message_type: int, message_id: int) -> NativeMessage:
    """Return a message of another type and id, with tensors that libtorch takes."""
    by_identity = {id(each): sendable(each) for each in message.tensors}
    tensors = tuple(by_identity[id(each)] for each in message.tensors)
    return NativeMessage(message_type, message.payload, tensors, message_id)
