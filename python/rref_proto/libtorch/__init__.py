"""Messages as libtorch writes them: what its `toMessage` makes and its `fromMessage` reads."""

from ..native import NO_ID, NativeMessage
from .payload import from_payload, payload_size, to_payload

__all__ = ["NO_ID", "NativeMessage", "from_payload", "payload_size", "to_payload"]
