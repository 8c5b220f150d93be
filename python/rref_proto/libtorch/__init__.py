"""Messages as libtorch writes them: what its `toMessage` gives and its `fromMessage` takes."""

from ..native import NO_ID, NativeMessage
from .payload import from_payload, to_payload

__all__ = ["NO_ID", "NativeMessage", "from_payload", "to_payload"]
