"""The two ways between a Message and libtorch's payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._check import check_items, check_type
from .._wire import bytes_view
from ..errors import DecodeError, MessageTypeError, RRefProtoError
from ..message import Message
from ..native import NO_ID, NativeMessage, native_id
from ..rpc_command import CLASS_OF_TYPE, RpcCommandBase, fromMessage
from ..rref import RRefAck
from ..tensor import Tensor
from .layouts import LAYOUTS
from .reader import read_tuple
from .writer import write_tuple

if TYPE_CHECKING:
    from typing_extensions import Buffer


def to_payload(message: Message) -> NativeMessage:
    """Return what libtorch's own class would write for the message, byte for byte.

    An object that is in several places of a value is written once and referred to, as libtorch
    does. Raises MessageTypeError for a message outside the RRef protocol, DecodeError as
    `fromMessage` does, TypeError for something else than a Message.
    """
    check_type(message, Message, "to_payload")
    command = fromMessage(message)
    message_type, message_id = command.message_type, native_id(message.id)
    if isinstance(command, RRefAck):
        return NativeMessage(message_type, b"", (), message_id)
    layout = LAYOUTS[CLASS_OF_TYPE[message_type]]
    payload, tensors = write_tuple(layout.values(command), layout.shared)
    return NativeMessage(message_type, payload, tensors, message_id)


def from_payload(
    type: int, payload: Buffer, tensors: Sequence[Tensor] = (), id: int | None = None
) -> Message:
    """Read what libtorch's `toMessage` made: a MessageType, a payload, the table of tensors.

    `id` is the message's, -1 or None where it has none. The payload is not unpickled: a reader for
    the opcodes that libtorch writes reads it, and imports nothing. Bytes after its end are
    ignored, as libtorch does.
    Raises MessageTypeError for a type outside the RRef protocol, DecodeError for a payload that
    libtorch would not have written, TypeError for arguments of other types.
    """
    check_type(type, int, "type")
    cls = CLASS_OF_TYPE.get(type)  # type: ignore[call-overload]
    if cls is None:
        raise MessageTypeError(f"expected a type of the RRef protocol, got {type:#x}", "type")
    table = check_items(tensors, "tensors", Tensor)
    encoded = bytes_view(payload, "payload").tobytes()
    command = RRefAck() if cls is RRefAck else _read(cls, encoded, table)
    message = command.toMessage()
    return message if id is None or id == NO_ID else message.with_id(id)


def _read(cls: type[RpcCommandBase], payload: bytes, tensors: Sequence[Tensor]) -> RpcCommandBase:
    layout = LAYOUTS[cls]
    values = read_tuple(payload, tensors)
    try:
        if layout.length is not None and len(values) != layout.length:
            raise DecodeError(f"expected a tuple of {layout.length} values, got {len(values)}")
        return layout.make(cls, values)
    except RRefProtoError as error:
        raise error.as_decode_error(cls.__name__) from None
