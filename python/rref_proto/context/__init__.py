"""RRefContext: the rules of the RRef protocol as a state machine without input and output."""

from .context import RRefContext
from .effects import Answered, Called, Confirmed, Effect, Ended, Event, Failed, Send, ValueWanted
from .references import OwnerRRef, RRef, UserRRef

__all__ = [
    "Answered",
    "Called",
    "Confirmed",
    "Effect",
    "Ended",
    "Event",
    "Failed",
    "OwnerRRef",
    "RRef",
    "RRefContext",
    "Send",
    "UserRRef",
    "ValueWanted",
]
