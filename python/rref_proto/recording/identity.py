"""What tells records apart, and which request and response are a pair, as numbers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from enum import IntEnum
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from ..errors import RRefProtoError
from ..passing import CARRIERS, RRefs, rrefs_passed_by
from ..v1 import recording_pb2
from .event import RecordedEvent
from .reading import Record
from .record import RecordedMessage

if TYPE_CHECKING:
    from typing_extensions import Buffer

# The bytes of an event and of a message are never equal, since these come first.
EVENT, MESSAGE = b"e", b"m"
# MESSAGE, the sender, the receiver, the type, whether there is an id, the id.
HEAD = Struct("<chhi?q")
LENGTH = Struct("<Q")
# The requester, the responder, the id.
PAIR = Struct("<hhq")


class Role(IntEnum):
    """What a record is in a pair of a request and its response."""

    NONE = 0
    REQUEST = 1
    RESPONSE = 2


class Identity(NamedTuple):
    """The numbers of one record."""

    # Equal for the copies of one record that several observers have.
    content: int
    role: Role
    # Equal for a request and its response; 0 for a record without a role.
    pair: int


class Identities:
    """Identifies records by hashes of 64 bits.

    Their key is secret and new each time: nobody can choose messages whose hashes are equal.
    """

    def __init__(self) -> None:
        self._keyed = blake2b(digest_size=8, key=secrets.token_bytes(32))

    def of(self, record: Record) -> Identity:
        """Return the numbers of a record."""
        if isinstance(record, RecordedEvent):
            return Identity(self._hash((EVENT, *record.to_parts())), Role.NONE, 0)
        content, number = self._hash(_content_of(record)), record.message.id
        if number is None:
            return Identity(content, Role.NONE, 0)
        sender, receiver = record.from_worker_id, record.to_worker_id
        if record.is_request:
            role, pair = Role.REQUEST, PAIR.pack(sender, receiver, number)
        elif record.is_response:
            role, pair = Role.RESPONSE, PAIR.pack(receiver, sender, number)
        else:
            return Identity(content, Role.NONE, 0)
        return Identity(content, role, self._hash([pair]))

    def _hash(self, parts: Iterable[Buffer]) -> int:
        keyed = self._keyed.copy()
        for part in parts:
            keyed.update(part)
        return int.from_bytes(keyed.digest(), "little")


def _content_of(record: RecordedMessage) -> Iterator[Buffer]:
    """Yield what tells a message from others: all but the time and the names of workers.

    The values of a message that has an id do not count, since one observer may have left them out,
    and another not. The RRefs in them count, and so tell the messages of two jobs apart, in which
    the same ids come again.
    """
    message, number = record.message, record.message.id
    ends = record.from_worker_id, record.to_worker_id
    yield HEAD.pack(MESSAGE, *ends, message.type, number is not None, number or 0)
    beside = recording_pb2.RecordedMessage()
    if record.native_message is not None:
        record.native_message._to_proto(beside.native_message)
    has_values = number is not None and message.type in CARRIERS
    if not has_values:
        for value in record.omitted_values:
            value._to_proto(beside.omitted_values.add())
        beside.passed_rrefs_unknown = record.passed_rrefs_unknown
    for rref in _rrefs_of(record) if has_values else record.passed_rrefs:
        rref._to_proto(beside.passed_rrefs.add())
    yield LENGTH.pack(beside.ByteSize())
    yield beside.SerializeToString()
    if not has_values:
        yield from message.to_parts()


def _rrefs_of(record: RecordedMessage) -> RRefs:
    """Return the RRefs in the values of a message, also where these were left out."""
    if record.omitted_values or record.passed_rrefs:
        return record.passed_rrefs
    try:
        return rrefs_passed_by(record.message) or ()
    except RRefProtoError:  # the values were left out, or are not valid
        return ()
