"""A pipe between two workers: the requests of its client, and the answers of its server.

A pipe has three connections, all opened by the client:

| name | what is written to it |
| --- | --- |
| d | how the pipe is opened, then messages without the data of their tensors |
| r | DescriptorReplies, which libtorch never needs on the cpu |
| c | the channel "basic": the data of tensors |

| | client | server |
| --- | --- | --- |
| 1 | d: SpontaneousConnection, Brochure | |
| 2 | | d: BrochureAnswer |
| 3 | r, c: RequestedConnection | |
| 4 | d, c: requests | d, c: answers, in any order, one for each request |

The classes know no sockets. What came on a connection is written to `get_buffer()` and told to
`buffer_updated()` of its Connection. After that, `received()` has the messages that came, and
`to_send()` what has to be written to open the pipe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from ..errors import LocalProtocolError, RemoteProtocolError, RRefProtoError
from ..message_type import REQUEST_TYPE, RESPONSE_TYPE, MessageType
from ..native import NativeMessage
from .connection import Connection, Expected, Program, frame
from .limits import DEFAULT_LIMITS, Limits
from .message_frames import MessageReader, Received, write_message
from .packets import CPU, Brochure, BrochureAnswer, RequestedConnection, SpontaneousConnection

if TYPE_CHECKING:
    from typing_extensions import Buffer

TRANSPORT, TRANSPORT_DOMAIN = "uv", "uv:*"
CHANNEL, CHANNEL_DOMAIN = "basic", "any"
CHANNEL_DEVICES = {CPU: CHANNEL_DOMAIN}
BROCHURE = Brochure({TRANSPORT: TRANSPORT_DOMAIN}, {CHANNEL: CHANNEL_DEVICES})
# The number of r among the connections that belong to the pipe itself; d has the number 0.
REPLIES = 1
KNOWN_TYPES = frozenset(MessageType)


class Outgoing(NamedTuple):
    """Buffers to write to the connection of this name, in their order."""

    connection: str
    buffers: list[Buffer]


class Pipe(ABC):
    """What client and server have in common."""

    # The bit in the types of the messages that this side sends, and receives.
    sends: int
    receives: int

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.is_open = False
        self.connections: dict[str, Connection] = {}
        # The ids of requests that have no answer yet.
        self.unanswered: set[int] = set()
        self._messages = MessageReader(limits, self._begin)
        self._to_send: list[Outgoing] = []
        self._error: RRefProtoError | None = None

    def received(self) -> list[Received]:
        """Return the messages that have come whole since the last time."""
        received, self._messages.received = self._messages.received, []
        return received

    def to_send(self) -> list[Outgoing]:
        """Return what has to be written to open the pipe, each time only what is new."""
        to_send, self._to_send = self._to_send, []
        return to_send

    def send(self, message: NativeMessage) -> list[Outgoing]:
        """Return what to write for a message. All that is written is checked before.

        What is written to one connection must be in the order of the calls of `send`. The tensors
        are not copied, so their memory must not change before all of it is written.
        Raises LocalProtocolError where this side may not send the message, EncodeError where
        libtorch cannot read it. Nothing has changed then.
        """
        if self._error is not None:
            raise LocalProtocolError(
                f"expected a pipe without an error, got one with {self._error}"
            )
        if not self.is_open:
            raise LocalProtocolError("expected a pipe that is open")
        if message.type not in KNOWN_TYPES or not message.type & self.sends:
            described = "a request" if self.sends == REQUEST_TYPE else "an answer"
            raise LocalProtocolError(f"expected the type of {described}, got {message.type:#x}")
        self._check_id(message.id)
        written = write_message(message)
        self._count(message.id)
        outgoing = [Outgoing("d", written.message)]
        return [*outgoing, Outgoing("c", written.tensors)] if written.tensors else outgoing

    def advance(self) -> None:
        """Read what has come on all connections. A message has parts on two of them."""
        while any(connection.pump() for connection in self.connections.values()):
            pass

    def fail(self, error: RRefProtoError) -> None:
        """Let each further use of the pipe and its connections raise this error."""
        self._error = error
        for connection in self.connections.values():
            connection.close(error)

    @abstractmethod
    def _begin(self, message_type: int, message_id: int) -> None:
        """Take note of a message that comes. Raises RemoteProtocolError for one that may not."""

    @abstractmethod
    def _check_id(self, message_id: int) -> None:
        """Raise LocalProtocolError where no message of this id may be sent."""

    @abstractmethod
    def _count(self, message_id: int) -> None:
        """Take note of a message that is sent."""

    def _add(self, name: str, connection: Connection) -> None:
        self.connections[name] = connection
        connection.advance, connection.fail = self.advance, self.fail

    def _read_replies(self) -> Program:
        """Read r. Every Descriptor of ours says where its tensors go, so no reply may come."""
        yield Expected("a DescriptorReply", 0, self.limits.descriptor)
        raise RemoteProtocolError("expected no DescriptorReply, got one")

    def _check_type(self, message_type: int, expected: str) -> None:
        if not message_type & self.receives:
            problem = f"expected the type of {expected}, got {message_type:#x}"
            raise RemoteProtocolError(problem)


class ClientPipe(Pipe):
    """A pipe to a worker that listens. `name` is the client's own, which the worker may show.

    First d is connected to the worker's address, and `to_send()` is written to it. Then, once
    `address` is not None, r and c are connected to that address, `to_send()` is written to them,
    and the pipe is open.
    """

    sends, receives = REQUEST_TYPE, RESPONSE_TYPE

    def __init__(self, name: str, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(limits)
        # Where r and c have to be connected to: a host and a port, as the worker wrote them.
        self.address: str | None = None
        self._add("d", Connection(lambda _: self._open()))
        self._add("r", Connection(lambda _: self._read_replies()))
        self._add("c", Connection(lambda _: self._messages.read_tensors()))
        packet = frame(SpontaneousConnection(name).to_bytes())
        self._to_send.append(Outgoing("d", [packet + frame(BROCHURE.to_bytes())]))

    def _open(self) -> Program:
        content = yield Expected("a BrochureAnswer", 0, self.limits.handshake)
        answer = BrochureAnswer.from_bytes(content)
        _check_choice(answer)
        (channel_id,) = answer.channel_connection_ids[CHANNEL]
        for name, registration in (("r", answer.connection_ids[REPLIES]), ("c", channel_id)):
            packet = frame(RequestedConnection(registration).to_bytes())
            self._to_send.append(Outgoing(name, [packet]))
        self.address = answer.address
        self.is_open = True
        yield from self._messages.read_messages()

    def _begin(self, message_type: int, message_id: int) -> None:
        self._check_type(message_type, "an answer")
        if message_id not in self.unanswered:
            problem = f"expected the answer of a request, got one with the id {message_id}"
            raise RemoteProtocolError(problem)
        self.unanswered.remove(message_id)

    def _check_id(self, message_id: int) -> None:
        if message_id in self.unanswered:
            problem = f"expected an id without a pending request, got {message_id}"
            raise LocalProtocolError(problem)

    def _count(self, message_id: int) -> None:
        self.unanswered.add(message_id)


class ServerPipe(Pipe):
    """A pipe that a client has opened. `client` is its name. A Listener makes it."""

    sends, receives = RESPONSE_TYPE, REQUEST_TYPE

    def __init__(self, client: str, limits: Limits) -> None:
        super().__init__(limits)
        self.client = client

    def answer(self, brochure: Brochure, address: str, registrations: dict[str, int]) -> None:
        """Answer a client that offers all that is needed: it has to connect r and c.

        `registrations` has the ids by which these connections are known when they come.
        Raises RemoteProtocolError for another client.
        """
        if brochure.transports.get(TRANSPORT) != TRANSPORT_DOMAIN:
            raise RemoteProtocolError(f'expected the transport "{TRANSPORT}" in a Brochure')
        if brochure.channels.get(CHANNEL, {}).get(CPU) != CHANNEL_DOMAIN:
            raise RemoteProtocolError(f'expected the channel "{CHANNEL}" in a Brochure')
        answer = BrochureAnswer(
            TRANSPORT,
            address,
            {REPLIES: registrations["r"]},
            TRANSPORT_DOMAIN,
            {CHANNEL: (registrations["c"],)},
            {CHANNEL: CHANNEL_DEVICES},
            {(CPU, CPU): CHANNEL},
        )
        self._to_send.append(Outgoing("d", [frame(answer.to_bytes())]))

    def read(self, name: str, connection: Connection) -> Program:
        """Read a connection of the pipe, which is one from now on."""
        self._add(name, connection)
        self.is_open = len(self.connections) == 3
        if name == "r":
            yield from self._read_replies()
        elif name == "c":
            yield from self._messages.read_tensors()
        else:
            while not self.is_open:
                yield None
            yield from self._messages.read_messages()

    def _begin(self, message_type: int, message_id: int) -> None:
        self._check_type(message_type, "a request")
        if message_id in self.unanswered:
            problem = f"expected a request with a new id, got the id {message_id} again"
            raise RemoteProtocolError(problem)
        self.unanswered.add(message_id)

    def _check_id(self, message_id: int) -> None:
        if message_id not in self.unanswered:
            problem = f"expected the id of a request without an answer, got {message_id}"
            raise LocalProtocolError(problem)

    def _count(self, message_id: int) -> None:
        self.unanswered.remove(message_id)


def _check_choice(answer: BrochureAnswer) -> None:
    """Raise RemoteProtocolError where the server has not chosen what it was offered."""
    chosen = (
        answer.transport == TRANSPORT
        and answer.transport_domain == TRANSPORT_DOMAIN
        and answer.connection_ids.keys() == {REPLIES}
        and answer.channel_connection_ids.keys() == {CHANNEL}
        and len(answer.channel_connection_ids[CHANNEL]) == 1
        and answer.channel_of_devices == {(CPU, CPU): CHANNEL}
    )
    if not chosen:
        problem = f'expected the choice of transport "{TRANSPORT}" and channel "{CHANNEL}" alone'
        raise RemoteProtocolError(problem, "BrochureAnswer")
