"""How large a message is, in both of its forms."""

from __future__ import annotations

from ..errors import RRefProtoError
from ..libtorch import to_payload
from ..recording import RecordedMessage
from ..rpc_command import RpcCommandBase


def sizes_of(record: RecordedMessage, command: RpcCommandBase | None) -> str:
    """Return the size as protobuf, and that of libtorch's payload and tensors where it is known.

    `command` is what the message holds; None where it has no values, or none that can be read.
    """
    protobuf = f"{sum(map(len, record.message.to_parts()))} B protobuf"  # type: ignore[arg-type]
    native = record.native_message
    if native is None and command is not None:
        try:
            # A message that came from the wire would be read once more.
            native = to_payload(command.toMessage())
        except RRefProtoError:
            return protobuf
    if native is None:
        return protobuf
    size = len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
    return f"{protobuf}, {size} B libtorch"
