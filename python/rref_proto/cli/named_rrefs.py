"""Which messages name certain RRefs, or forks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from ..errors import RRefProtoError
from ..ids import ForkId, RRefId
from ..passing import CARRIERS, created_by, rrefs_passed_by
from ..recording import Record, RecordedEvent, RecordedMessage
from ..rpc_command import fromMessage


class NamedRRefs:
    """RRefs, and those of their forks that messages have named up to now."""

    def __init__(self, rref_ids: Iterable[RRefId]) -> None:
        self.rref_ids = frozenset(rref_ids)
        self.fork_ids: set[ForkId] = set()

    def are_in(self, record: Record) -> bool:
        """Return whether a record names one of the RRefs or forks; learn the forks that it names.

        It creates the RRef or passes it on, asks for its value, or tells of a fork.
        """
        if isinstance(record, RecordedEvent):
            return False
        are_named = False
        for rref_id, fork_id in _named_in(record):
            if rref_id in self.rref_ids or (rref_id is None and fork_id in self.fork_ids):
                are_named = True
                if fork_id is not None:
                    self.fork_ids.add(fork_id)
        return are_named


def _named_in(record: RecordedMessage) -> Iterator[tuple[RRefId | None, ForkId | None]]:
    """Yield each RRef and fork that a message names, as far as it can be read."""
    message = record.message
    for passed in record.passed_rrefs:
        yield passed.rref_id, passed.fork_id
    with suppress(RRefProtoError):
        if created := created_by(message):
            yield created.rref_id, created.fork_id
    with suppress(RRefProtoError):
        if message.type in CARRIERS:
            for passed in rrefs_passed_by(message) or ():
                yield passed.rref_id, passed.fork_id
        else:
            command = fromMessage(message)
            yield getattr(command, "rref_id", None), getattr(command, "fork_id", None)
