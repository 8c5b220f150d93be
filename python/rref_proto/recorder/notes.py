"""What agent.cpp notes of a message, and the record that is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import RRefProtoError
from ..libtorch import from_payload
from ..message import Message
from ..message_type import REQUEST_TYPE, MessageType
from ..native import NativeMessage
from ..passing import CARRIERS
from ..recording import OmittedValue, RecordedMessage, WithoutValues, omit_values
from ..tensor import ScalarType, Tensor
from ..v1 import message_pb2

if TYPE_CHECKING:
    import torch


class Worker(NamedTuple):
    """A worker as its group knows it."""

    id: int
    name: str


class Note(NamedTuple):
    """A message to `peer` if it is a request, from `peer` if it is a response.

    `tensors` are there only where values are wanted, `tensor_sizes`, in bytes, always.
    Source: the struct Note of notes.h.
    """

    time: int
    type: int
    id: int
    peer_id: int
    peer_name: str
    payload: bytes
    tensors: list[torch.Tensor]
    tensor_sizes: list[int]


def to_record(note: Note, worker: Worker, values: bool) -> tuple[RecordedMessage, Exception | None]:
    """Make a record of what `worker` noted; where `values` is false, without its values.

    What cannot be read is kept as libtorch wrote it, and comes with the reason.
    """
    peer = Worker(note.peer_id, note.peer_name)
    sender, receiver = (worker, peer) if note.type & REQUEST_TYPE else (peer, worker)
    native: NativeMessage | None = None
    error: Exception | None = None
    try:
        message, omitted, passed, passed_unknown = _read(note, values)
    except (RRefProtoError, RuntimeError) as problem:  # torch raises RuntimeError for any tensor
        error = problem
        message, passed = Message(message_pb2.Message(id=note.id)), ()
        passed_unknown = False  # there is no such message to know them of
        native, omitted = _keep(note, values)
    record = RecordedMessage(
        note.time,
        sender.id,
        receiver.id,
        message,
        sender.name,
        receiver.name,
        native,
        omitted,
        passed,
        passed_unknown,
    )
    return record, error


def _read(note: Note, values: bool) -> WithoutValues:
    if note.type not in CARRIERS:
        return WithoutValues(from_payload(note.type, note.payload, (), note.id))
    if values:
        tensors = tuple(map(Tensor.from_torch, note.tensors))
        return WithoutValues(from_payload(note.type, note.payload, tensors, note.id))
    # Zeros of the right size. They take no memory as long as nobody reads them.
    blank = [Tensor(ScalarType.uint8, (size,), bytes(size)) for size in note.tensor_sizes]
    return omit_values(from_payload(note.type, note.payload, blank, note.id))


def _keep(note: Note, values: bool) -> tuple[NativeMessage, tuple[OmittedValue, ...]]:
    message_type = MessageType(note.type)
    if note.type not in CARRIERS or values:
        return NativeMessage(message_type, note.payload, _plain(note.tensors), note.id), ()
    # The values are in the payload, so all that can be told of them is how big they are.
    size = len(note.payload) + sum(note.tensor_sizes)
    return NativeMessage(message_type, b"", (), note.id), (OmittedValue("Any", size),)


def _plain(tensors: list[torch.Tensor]) -> tuple[Tensor, ...]:
    """Return the tensors, or none where there is one that has no plain memory."""
    try:
        return tuple(map(Tensor.from_torch, tensors))
    except (RRefProtoError, RuntimeError):
        return ()
