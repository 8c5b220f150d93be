"""What the ledger tells: the forks that are held, how sure that is, and what it cannot explain."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..ids import ForkId, RRefId


class Certainty(Enum):
    """How the ledger knows of a fork."""

    KNOWN = "known"  # the owner said so
    PENDING = "pending"  # the holder asked for it, and no answer was seen
    INFERRED = "inferred"  # the holder fetched the value, so it must have one


class HeldFork(NamedTuple):
    """One line of the ledger. `fork_id` is None where the fork is inferred.

    `since` is the time, as given to `observe`, of the message that told of the fork.
    """

    owner: int
    rref_id: RRefId
    fork_id: ForkId | None
    holder: int
    since: int | None
    certainty: Certainty


class Remark(Enum):
    """What an observer cannot explain by the messages it saw."""

    UNANNOUNCED_DELETE = (
        "deleted a fork that no message announced: its parent was the owner, "
        "or it was announced before the recording began"
    )
    REPEATED_ANNOUNCEMENT = "announced a fork that was known: sent again"
    LATE_ANNOUNCEMENT = "announced a fork that was deleted: sent again, or recorded out of order"
    REPEATED_DELETE = "deleted a fork that was deleted: sent again"
    UNKNOWN_REQUEST = "acknowledged a request that was not seen"
    UNREADABLE_PICKLE = "had a pickle that cannot be read, so what RRefs are in it is not known"
    UNKNOWN_MESSAGE = "were of no type that this version knows"
