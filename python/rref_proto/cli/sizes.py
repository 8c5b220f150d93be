"""How large a message is, in both of its forms."""

from __future__ import annotations

from ..errors import RRefProtoError
from ..libtorch import payload_size
from ..recording import RecordedMessage
from ..rpc_command import RpcCommandBase


def sizes_of(record: RecordedMessage, command: RpcCommandBase | None) -> str:
    """Return the size as protobuf, and that of libtorch's payload and tensors where it is known.

    `command` is what the message holds; None where it has no values, or none that can be read.
    """
    protobuf = sum(map(len, record.message.to_parts()))  # type: ignore[arg-type]
    native = _native_size(record, command)
    return (
        f"{protobuf} B protobuf"
        if native is None
        else f"{protobuf} B protobuf, {native} B libtorch"
    )


def _native_size(record: RecordedMessage, command: RpcCommandBase | None) -> int | None:
    native = record.native_message
    if native is not None:
        return len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
    try:
        return None if command is None else payload_size(command)
    except RRefProtoError:
        return None
