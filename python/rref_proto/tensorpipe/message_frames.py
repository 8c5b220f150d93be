"""An RPC message as the frames of a pipe: written, and read as they come.

On the first connection are a Descriptor, the type, the id, the payload and the table of tensors, on
another the buffers of the tensors, each of them a frame. An empty buffer has no frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DecodeError, RemoteProtocolError
from ..native import NativeMessage
from .connection import LENGTH, Content, Expected, Program, frame
from .limits import Limits
from .packets import CPU, Descriptor, PayloadDescriptor, TensorDescriptor
from .tensor_table import read_table, write_table

if TYPE_CHECKING:
    from typing_extensions import Buffer

TYPE = Struct("<i")
ID = Struct("<q")
# A payload that is not larger is copied, so that a message without tensors is one buffer.
LARGEST_COPIED = 1 << 14
# Most messages of a job have one of a few Descriptors, since it tells nothing but lengths.
LARGEST_REMEMBERED = 1 << 10
_remembered_descriptor = lru_cache(maxsize=256)(Descriptor.from_bytes)


class Written(NamedTuple):
    """The buffers to write to the connection of messages, and to that of tensors."""

    message: list[Buffer]
    tensors: list[Buffer]


def write_message(message: NativeMessage) -> Written:
    """Return what to write for a message. The buffers of its tensors are views of their memory.

    Raises EncodeError where libtorch could not read a tensor.
    """
    table, buffers = write_table(message.tensors)
    sizes = (TYPE.size, ID.size, len(message.payload), len(table))
    descriptor = Descriptor(
        tuple(map(PayloadDescriptor, sizes)),
        tuple([TensorDescriptor(len(buffer)) for buffer in buffers]),
    )
    head = frame(descriptor.to_bytes()) + frame(TYPE.pack(message.type))
    head += frame(ID.pack(message.id)) + LENGTH.pack(len(message.payload))
    parts: list[Buffer] = [head, message.payload, frame(table)]
    if len(message.payload) <= LARGEST_COPIED:
        parts = [b"".join(parts)]
    tensors: list[Buffer] = []
    for buffer in buffers:
        if buffer:
            tensors += [LENGTH.pack(len(buffer)), buffer]
    return Written(parts, tensors)


class Received(NamedTuple):
    """A message that has come.

    `error` says why some of its tensors could not be read: sparse ones, say. An empty tensor is in
    the place of each of them, so that the payload can be read, and the RRefs in it be found.
    Nothing is wrong with the pipe then.
    """

    message: NativeMessage
    error: DecodeError | None = None


@dataclass
class _Announced:
    """A message whose payload has come, and whose buffers are coming."""

    type: int
    id: int
    payload: bytes
    table: bytes
    lengths: list[int]
    buffers: list[memoryview] = field(default_factory=list)


class MessageReader:
    """The messages that come on a pipe.

    `begin` is called with the type and the id of each, and may refuse it. `received` has those that
    are whole, in the order in which they were sent.
    """

    def __init__(self, limits: Limits, begin: Callable[[int, int], None]) -> None:
        self.limits = limits
        self.begin = begin
        self.received: list[Received] = []
        self.waiting: deque[_Announced] = deque()

    def read_messages(self) -> Program:
        """Read the connection of messages."""
        while True:
            content = yield Expected("a Descriptor", 0, self.limits.descriptor)
            is_small = len(content) <= LARGEST_REMEMBERED
            read = _remembered_descriptor if is_small else Descriptor.from_bytes
            descriptor = read(content)
            self._check(descriptor)
            *_, payload_size, table_size = (payload.length for payload in descriptor.payloads)
            (message_type,) = TYPE.unpack((yield _exactly("a type", TYPE.size)))
            (message_id,) = ID.unpack((yield _exactly("an id", ID.size)))
            self.begin(message_type, message_id)
            payload = bytes((yield _exactly("a payload", payload_size)))
            table = bytes((yield _exactly("a table of tensors", table_size)))
            lengths = [tensor.length for tensor in descriptor.tensors]
            self._announce(_Announced(message_type, message_id, payload, table, lengths))
            while len(self.waiting) >= self.limits.waiting:
                yield None

    def read_tensors(self) -> Program:
        """Read the connection of tensors."""
        while True:
            while not self.waiting:
                yield None
            announced = self.waiting[0]
            for length in announced.lengths:
                content: Content = b""
                if length:
                    content = yield _exactly("a tensor", length)
                announced.buffers.append(memoryview(content))
            self.waiting.popleft()
            self._finish(announced)

    def _check(self, descriptor: Descriptor) -> None:
        """Raise RemoteProtocolError for a message that libtorch would not have sent."""
        payloads = [payload.length for payload in descriptor.payloads]
        if len(payloads) != 4 or payloads[:2] != [TYPE.size, ID.size]:
            problem = f"expected payloads of {TYPE.size} and {ID.size} bytes and two more"
            raise RemoteProtocolError(f"{problem}, got {payloads[:5]}", "Descriptor")
        for tensor in descriptor.tensors:
            if tensor.source != CPU or tensor.target != CPU:
                problem = f"expected tensors from {CPU} to {CPU}"
                raise RemoteProtocolError(
                    f"{problem}, got one from {tensor.source} to {tensor.target}", "Descriptor"
                )
        data = sum(tensor.length for tensor in descriptor.tensors)
        for number, limit, what in (
            (payloads[2], self.limits.payload, "bytes of payload"),
            (payloads[3], self.limits.table, "bytes of the table of tensors"),
            (len(descriptor.tensors), self.limits.buffers, "buffers"),
            (data, self.limits.tensor_data, "bytes of tensors"),
        ):
            if number > limit:
                problem = f"expected at most {limit} {what}, got {number}"
                raise RemoteProtocolError(problem, "Descriptor")

    def _announce(self, announced: _Announced) -> None:
        if self.waiting or any(announced.lengths):
            self.waiting.append(announced)
        else:
            announced.buffers = [memoryview(b"")] * len(announced.lengths)
            self._finish(announced)

    def _finish(self, announced: _Announced) -> None:
        tensors, error = read_table(announced.table, announced.buffers, self.limits)
        message = NativeMessage(announced.type, announced.payload, tensors, announced.id)
        self.received.append(Received(message, error))


def _exactly(what: str, length: int) -> Expected:
    return Expected(what, length, length)
