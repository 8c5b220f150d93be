"""The two ways between a Message and libtorch's payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._check import check_items, check_type, wrong_type
from .._wire import bytes_view
from ..errors import MessageTypeError
from ..message import Message, command_of
from ..native import NO_ID, NativeMessage, native_id, valid_native_message
from ..rpc_command import CLASS_OF_TYPE, RpcCommandBase, fromMessage
from ..tensor import Tensor
from .layouts import LAYOUTS

if TYPE_CHECKING:
    from typing_extensions import Buffer

# By the field in Message.body: the type, as a plain int, and what writes the payload.
WRITERS = {
    cls.body_field: (int(message_type), LAYOUTS[cls].write)
    for message_type, cls in CLASS_OF_TYPE.items()
}


def to_payload(message: Message) -> NativeMessage:
    """Return what libtorch's own class would write for the message, byte for byte.

    A tensor, an RRef or a text that is in several places is written once and referred to, as by
    libtorch. Whether two other values are one object a message does not tell: each is written. What
    else it does not tell is as in most messages of PyTorch: something beside the message holds the
    value of a ScriptResp, and the RRefs inside values.
    Raises MessageTypeError for a message whose type has no class, DecodeError as `fromMessage`
    does, TypeError for something else than a Message.
    """
    check_type(message, Message, "to_payload")
    command = command_of(message) or fromMessage(message)
    message_type, write = WRITERS[command.body_field]
    payload, tensors = write(command)
    return valid_native_message(message_type, payload, tensors, native_id(message.id))


def payload_size(command: RpcCommandBase) -> int:
    """Return how many bytes libtorch's payload of an object and its tensors are."""
    _, write = WRITERS[command.body_field]
    payload, tensors = write(command)
    return len(payload) + sum([len(tensor.data) for tensor in tensors])


def from_payload(
    type: int, payload: Buffer, tensors: Sequence[Tensor] = (), id: int | None = None
) -> Message:
    """Read what libtorch's `toMessage` made: a MessageType, a payload, the table of tensors.

    `id` is the message's, -1 or None where it has none. The payload is not unpickled: a reader for
    the opcodes that libtorch writes reads it, and imports nothing. Python's own pickle inside a
    payload is kept as it is. Bytes after the end of libtorch's pickle are ignored, as libtorch
    does.
    Raises MessageTypeError for a type that has no class, DecodeError for a payload that libtorch
    would not have written, TypeError for arguments of other types.
    """
    if not isinstance(type, int):
        raise wrong_type("an int", type, "type")
    cls = CLASS_OF_TYPE.get(type)  # type: ignore[call-overload]
    if cls is None:
        raise MessageTypeError(f"expected a type that this version knows, got {type:#x}", "type")
    table = check_items(tensors, "tensors", Tensor) if tensors != () else ()
    encoded = payload if isinstance(payload, bytes) else bytes_view(payload, "payload").tobytes()
    message = LAYOUTS[cls].read(cls, encoded, table).toMessage()
    return message if id is None or id == NO_ID else message.with_id(id)
