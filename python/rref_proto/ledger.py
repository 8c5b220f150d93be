"""Who holds which fork of which RRef, told from the messages alone.

The owner of an RRef keeps such a ledger too, and a more exact one: it also knows what no message
says. An owner that passes its own RRef on counts the new fork, and no message tells of it. This
ledger learns of such a fork when its holder deletes it. When a worker fetches the value and no
message has told of a fork of that worker, the ledger infers that there is one. `unnamed` tells
which identifiers no message named.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ._check import WORKER_ID_RANGE, check_int, check_type
from .ids import ForkId, GloballyUniqueId, RRefId
from .message import Message
from .rpc_command import CLASS_OF_TYPE
from .rref import (
    FETCH_RETURNS,
    PythonRRefFetchCall,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
)

RRef = tuple[int, RRefId]  # the owner and the identifier
# How many identifiers one int of _IdentifierSet tells of.
IDENTIFIERS_IN_BLOCK = 1024


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
    UNKNOWN_MESSAGE = "were of no type that this version knows"


class _Claim(NamedTuple):
    """A fork that a message names, and who holds it."""

    rref: RRef
    fork_id: ForkId
    holder: int
    time: int | None


@dataclass
class _Requests:
    """The requests from one worker to another that await an RRefAck, and what each asks for."""

    numbered: dict[int, _Claim | None] = field(default_factory=dict)
    # A recording need not know the ids of requests. Then the oldest is taken to be answered.
    unnumbered: deque[_Claim | None] = field(default_factory=deque)


class _IdentifierSet:
    """A set of identifiers, small where they are dense: each worker counts its own up from 0."""

    def __init__(self) -> None:
        self._bits: dict[tuple[int, int], int] = {}

    def add(self, identifier: GloballyUniqueId) -> None:
        """Put an identifier in."""
        block, bit = divmod(identifier.local_id, IDENTIFIERS_IN_BLOCK)
        key = identifier.created_on, block
        self._bits[key] = self._bits.get(key, 0) | 1 << bit

    def __contains__(self, identifier: GloballyUniqueId) -> bool:
        block, bit = divmod(identifier.local_id, IDENTIFIERS_IN_BLOCK)
        return bool(self._bits.get((identifier.created_on, block), 0) >> bit & 1)

    def gaps(self) -> Iterator[tuple[int, int, int]]:
        """Yield what is missing below each worker's highest number: (worker, first, last)."""
        expected: dict[int, int] = {}
        for (worker, block), left in sorted(self._bits.items()):
            bits = left
            while bits:
                lowest = bits & -bits
                bits ^= lowest
                number = block * IDENTIFIERS_IN_BLOCK + lowest.bit_length() - 1
                if number < 0:
                    continue
                first = expected.get(worker, 0)
                if first < number:
                    yield worker, first, number - 1
                expected[worker] = number + 1


class Ledger:
    """Follows a conversation message by message.

    An owner learns of a fork when it answers RemoteRet or acknowledges RRefForkRequest, and
    forgets it at RRefUserDelete; so does the ledger. A message that comes twice is counted once,
    and a delete may come before the fork that it names; `remarks` counts both.
    """

    def __init__(self) -> None:
        self.remarks: Counter[Remark] = Counter()
        self._forks: dict[RRef, dict[ForkId, _Claim]] = {}
        self._pending: dict[ForkId, _Claim] = {}
        self._holders: Counter[tuple[RRef, int]] = Counter()
        self._inferred: dict[tuple[RRef, int], int | None] = {}
        self._requests: dict[tuple[int, int], _Requests] = {}
        self._deleted = _IdentifierSet()
        self._named = _IdentifierSet()

    @property
    def forks(self) -> dict[RRef, dict[ForkId, int]]:
        """The forks that their owners know: {(owner, rref_id): {fork_id: holder}}."""
        return {
            rref: {fork_id: claim.holder for fork_id, claim in claims.items()}
            for rref, claims in self._forks.items()
        }

    def held(self) -> list[HeldFork]:
        """Return all forks, oldest first, those that are only asked for or inferred included."""
        known = [claim for claims in self._forks.values() for claim in claims.values()]
        held = [_held(claim, Certainty.KNOWN) for claim in known]
        held += [_held(claim, Certainty.PENDING) for claim in self._pending.values()]
        held += [
            HeldFork(*rref, None, holder, time, Certainty.INFERRED)
            for (rref, holder), time in self._inferred.items()
        ]
        return sorted(held, key=lambda fork: (fork.since is not None, fork.since))

    def unnamed(self) -> Iterator[tuple[int, int, int]]:
        """Yield the identifiers that a worker must have made, and that no message named.

        As (worker, first local_id, last local_id). Each worker counts up by one for each RRef and
        each fork that it makes. A missing number is a fork of its own RRef, an RRef for itself, or
        something older than the recording.
        """
        return self._named.gaps()

    def observe(
        self, from_worker_id: int, to_worker_id: int, message: Message, time: int | None = None
    ) -> None:
        """Take note of one message; `time`, of any unit, is kept for `held`.

        A message that this version does not know is counted as a remark. Raises DecodeError for a
        message whose fields are missing or out of range, before anything is noted of it.
        """
        check_type(message, Message, "message")
        message_type = message.type
        if message_type in FETCH_RETURNS:
            return
        if message_type not in CLASS_OF_TYPE:
            self.remarks[Remark.UNKNOWN_MESSAGE] += 1
            return
        sender = check_int(from_worker_id, WORKER_ID_RANGE, "from_worker_id")
        receiver = check_int(to_worker_id, WORKER_ID_RANGE, "to_worker_id")
        command = CLASS_OF_TYPE[message_type].fromMessage(message)
        for name in ("rref_id", "fork_id"):
            if hasattr(command, name):
                self._named.add(getattr(command, name))
        match command:
            case RemoteRet(rref_id, fork_id) if sender == receiver and rref_id == fork_id:
                # An owner that called remote() on itself counts its own reference until now.
                self._deleted.add(fork_id)
            case RemoteRet(rref_id, fork_id):
                # A creator may fetch before it hears that the owner knows its fork.
                self._inferred.pop(((sender, rref_id), receiver), None)
                self._announce(_Claim((sender, rref_id), fork_id, receiver, time))
            case RRefForkRequest(rref_id, fork_id):
                claim = _Claim((receiver, rref_id), fork_id, sender, time)
                self._await(sender, receiver, message.id, claim)
                self._ask(claim)
            case RRefChildAccept(fork_id):
                self._await(sender, receiver, message.id, None)
                # A child that accepts has been acknowledged, whatever was seen of it.
                confirmed = self._pending.get(fork_id)
                self._confirm(confirmed)
                self._drop_answered(confirmed)
            case RRefUserDelete(rref_id, fork_id):
                self._await(sender, receiver, message.id, None)
                self._delete((receiver, rref_id), fork_id, sender)
            case RRefAck():
                self._confirm(self._answered(receiver, sender, message.id))
            case ScriptRRefFetchCall(_, rref_id) | PythonRRefFetchCall(_, rref_id):
                self._infer((receiver, rref_id), sender, time)

    def _announce(self, claim: _Claim) -> None:
        """Note a fork that its owner knows."""
        self._forget_pending(claim.fork_id)
        forks = self._forks.get(claim.rref, {})
        if claim.fork_id in self._deleted:
            self.remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif claim.fork_id in forks:
            self.remarks[Remark.REPEATED_ANNOUNCEMENT] += 1
        else:
            self._forks.setdefault(claim.rref, {})[claim.fork_id] = claim
            self._holders[claim.rref, claim.holder] += 1

    def _ask(self, claim: _Claim) -> None:
        """Note a fork that its holder has asked for."""
        if claim.fork_id in self._deleted:
            self.remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif claim.fork_id in self._pending or claim.fork_id in self._forks.get(claim.rref, {}):
            self.remarks[Remark.REPEATED_ANNOUNCEMENT] += 1
        else:
            self._pending[claim.fork_id] = claim
            self._holders[claim.rref, claim.holder] += 1

    def _forget_pending(self, fork_id: ForkId) -> None:
        claim = self._pending.pop(fork_id, None)
        if claim is not None:
            self._release(claim)

    def _release(self, claim: _Claim) -> None:
        """Note that a worker holds one fork less."""
        self._holders[claim.rref, claim.holder] -= 1
        if not self._holders[claim.rref, claim.holder]:
            del self._holders[claim.rref, claim.holder]

    def _confirm(self, claim: _Claim | None) -> None:
        """Note that the owner has acknowledged a fork request, where the request was one."""
        if claim is not None and claim.fork_id in self._pending:
            self._announce(claim)

    def _delete(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        forks = self._forks.get(rref, {})
        if fork_id in self._deleted:
            self.remarks[Remark.REPEATED_DELETE] += 1
        elif fork_id not in forks and fork_id not in self._pending:
            self.remarks[Remark.UNANNOUNCED_DELETE] += 1
            self._inferred.pop((rref, holder), None)
        self._forget_pending(fork_id)
        self._deleted.add(fork_id)
        if (claim := forks.pop(fork_id, None)) is not None:
            self._release(claim)
            if not forks:
                del self._forks[rref]

    def _infer(self, rref: RRef, worker: int, time: int | None) -> None:
        """Note that a worker fetches a value, for which it must hold a fork."""
        if not self._holders[rref, worker]:
            self._inferred.setdefault((rref, worker), time)

    def _await(
        self, sender: int, receiver: int, message_id: int | None, claim: _Claim | None
    ) -> None:
        """Note a request that the receiver will acknowledge."""
        requests = self._requests.setdefault((sender, receiver), _Requests())
        if message_id is None:
            requests.unnumbered.append(claim)
        else:
            requests.numbered[message_id] = claim

    def _drop_answered(self, claim: _Claim | None) -> None:
        """Await no acknowledgement any more of a request that something else has confirmed."""
        if claim is not None:
            requests = self._requests.get((claim.holder, claim.rref[0]), _Requests())
            if requests.unnumbered and requests.unnumbered[0] is claim:
                requests.unnumbered.popleft()

    def _answered(self, sender: int, receiver: int, message_id: int | None) -> _Claim | None:
        """Find the request that an RRefAck to its sender acknowledges."""
        requests = self._requests.get((sender, receiver), _Requests())
        if message_id is not None and message_id in requests.numbered:
            return requests.numbered.pop(message_id)
        if requests.unnumbered:
            return requests.unnumbered.popleft()
        self.remarks[Remark.UNKNOWN_REQUEST] += 1
        return None


def _held(claim: _Claim, certainty: Certainty) -> HeldFork:
    return HeldFork(*claim.rref, claim.fork_id, claim.holder, claim.time, certainty)
