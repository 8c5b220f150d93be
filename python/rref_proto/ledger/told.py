"""What the ledger tells: the forks that are held, how it knows of them, and what it doubts."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from ..ids import ForkId, RRefId

# How many workers, and how many spans of numbers, the text of a doubt lists.
MOST_LISTED = 8


class Certainty(Enum):
    """How sure it is that a fork is held."""

    KNOWN = "known"  # the owner said so, or its holder did what it may do only then
    PENDING = "pending"  # the holder asked for it, and no answer was seen
    INFERRED = "inferred"  # the holder did what it can do only with a fork


class Evidence(Enum):
    """What told of a fork: a certainty, and the words for it."""

    REMOTE_CALL = Certainty.PENDING, "remote call, not answered yet"
    FORK_REQUEST = Certainty.PENDING, "RRefForkRequest, not answered yet"
    REMOTE_RET = Certainty.KNOWN, "RemoteRet"
    ACKNOWLEDGEMENT = Certainty.KNOWN, "RRefAck of its RRefForkRequest"
    CHILD_ACCEPT = Certainty.KNOWN, "RRefChildAccept"
    OWNER_PASSED_IT_ON = Certainty.KNOWN, "message in which its owner passed it on"
    FETCH = Certainty.INFERRED, "fetch by its holder, no message named it"
    LATER_DELETE = Certainty.INFERRED, "later delete, no message announced it"

    def __init__(self, certainty: Certainty, text: str) -> None:
        self.certainty = certainty
        self.text = text


class HeldFork(NamedTuple):
    """One line of the ledger. `fork_id` is None where a fetch is all that tells of the fork.

    `since` is the time, as given to `observe`, of the message that told of the fork; None where
    that came after the moment. Where a fetch told of it, the fork is older.
    """

    owner: int
    rref_id: RRefId
    fork_id: ForkId | None
    holder: int
    since: int | None
    evidence: Evidence

    @property
    def certainty(self) -> Certainty:
        """How sure it is that the fork is held."""
        return self.evidence.certainty


class Remark(Enum):
    """What an observer cannot explain by the messages it saw."""

    UNANNOUNCED_DELETE = (
        "deleted a fork that no message announced: its parent was the owner, "
        "or it was announced before the recording began"
    )
    REPEATED_ANNOUNCEMENT = "announced a fork that was known: sent again"
    LATE_ANNOUNCEMENT = "announced a fork that was deleted: sent again, or recorded out of order"
    REPEATED_DELETE = "deleted a fork that was deleted: sent again"
    DELETE_BY_ANOTHER = "deleted a fork that another worker held"
    FORK_OF_ANOTHER_RREF = "announced a fork that another RRef has: two jobs, or not libtorch's"
    FETCH_AFTER_DELETE = (
        "fetched after the worker had deleted its forks: recorded out of order, "
        "or it has a fork that no message announced"
    )
    PASSED_ON_BY_ANOTHER = "passed on a fork that another worker had made"
    UNKNOWN_REQUEST = "acknowledged a request that was not seen"
    UNREADABLE_PICKLE = "had a pickle that cannot be read, so what RRefs are in it is not known"
    UNREADABLE_MESSAGE = "could not be read, so what they did to RRefs is not known"
    UNKNOWN_MESSAGE = "had a type that this version does not know"


class Reason(Enum):
    """Why the ledger is not certain. The text has the parts of a Doubt in braces."""

    NOTHING_RECORDED = "nothing was recorded"
    BEFORE_THE_RECORDING = "the time is before the first record"
    AFTER_THE_RECORDING = "the time is after the last record"
    NO_END = (
        "no end is recorded of {workers}: the recording is missing or cut off, "
        "or the worker still runs or was killed"
    )
    NOT_COUNTED = "the end of the recording does not tell how many requests it has: {workers}"
    REQUESTS_MISSING = "{requests} missing that the recordings of these had: {workers}"
    MORE_THAN_ONE_END = (
        "the recording ends twice, or requests of the worker or to it are later than its end: "
        "two jobs, or clocks that differ? {workers}"
    )
    REPEATED = "{requests} seen twice: two jobs, or a recording that is here twice? {workers}"
    TWO_NAMES = "the worker has more than one name: two jobs? {workers}"
    ONE_NAME_TWICE = "several workers have the same name: two jobs? {workers}"
    UNANSWERED = (
        "no answer was seen of {requests} of {workers}: "
        "failed, still running, or the answer is not recorded"
    )
    UNASKED = "{requests} missing whose answers were seen"
    UNNAMED = (
        "{workers} made {identifiers} that no message named, {spans}: "
        "perhaps a fork of an RRef of its own"
    )
    PENDING = "{forks} asked for, and no answer was seen by then"
    INFERRED = "{forks} inferred: no message announced them"
    DELETED = (
        "{forks} deleted, and no RRefAck of the owner was seen by then: it may count them still"
    )
    IN_FLIGHT = (
        "{forks} passed on by the owner in answers that were seen after the time, "
        "to requests from before it"
    )
    DELETES_IN_SHUTDOWN = (
        "{forks} deleted after their holders had begun to shut down, "
        "by the program or by the shutdown: {workers}"
    )
    AFTER_THE_END = (
        "the recording had ended by then, and its shutdown, "
        "which deletes forks that leak too, is not marked: {workers}"
    )


class Doubt(NamedTuple):
    """One reason why the ledger is not certain.

    `workers` are those that the reason is about, and `total` is a count of what it is about;
    `spans` are the first and the last of local ids that are not named. Where messages cannot be
    explained, the reason is the Remark.
    """

    reason: Reason | Remark
    workers: tuple[int, ...] = ()
    total: int = 0
    spans: tuple[tuple[int, int], ...] = ()

    def text(self, name: Callable[[int], str] = str) -> str:
        """Return the doubt in words, of bounded length; `name` gives the name of a worker."""
        if isinstance(self.reason, Remark):
            return f"{self._counted('message')} {self.reason.value}"
        numbers = [
            f"{first}" if first == last else f"{first} to {last}" for first, last in self.spans
        ]
        return self.reason.value.format(
            workers=_listed([name(worker) for worker in self.workers[: MOST_LISTED + 1]]),
            spans=_listed(numbers[: MOST_LISTED + 1]),
            requests=self._counted("request"),
            identifiers=self._counted("identifier"),
            forks=self._counted("fork"),
        )

    def _counted(self, noun: str) -> str:
        return f"{self.total} {noun}{'' if self.total == 1 else 's'}"


def _listed(texts: list[str]) -> str:
    """Return some of the texts, of which there can be many."""
    more = "" if len(texts) <= MOST_LISTED else ", and more"
    return ", ".join(texts[:MOST_LISTED]) + more
