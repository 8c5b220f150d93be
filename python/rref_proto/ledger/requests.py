"""The requests that await an answer: an RRefAck, or what answers a remote call."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from ..ids import ForkId
from .forks import Claim
from .told import Remark


class Deletion(NamedTuple):
    """What RRefUserDelete asks for."""

    fork_id: ForkId


# What a request asks for; None where that is neither a fork nor the end of one.
Asked = Claim | Deletion | None


@dataclass
class _Way:
    """The requests from one worker to another, and what each asks for.

    By their ids: a worker id more in the keys would let a sender choose keys that have one hash.
    """

    # The remote calls. Each asks for the fork of its creator.
    remote_calls: dict[int, Claim] = field(default_factory=dict)
    # The requests that await an RRefAck.
    numbered: dict[int, Asked] = field(default_factory=dict)
    # A recording need not know the ids of requests. Then the oldest is taken to be answered.
    unnumbered: deque[Asked] = field(default_factory=deque)


class Requests:
    """The requests that await an answer. What cannot be explained is counted in `remarks`."""

    def __init__(self, remarks: Counter[Remark]) -> None:
        self._remarks = remarks
        self._ways: dict[tuple[int, int], _Way] = {}

    def add_remote_call(
        self, sender: int, receiver: int, message_id: int | None, claim: Claim
    ) -> None:
        """Note a remote call. Without an id no answer can be told to be its own."""
        if message_id is not None:
            self._way(sender, receiver).remote_calls[message_id] = claim

    def take_remote_call(self, sender: int, receiver: int, message_id: int | None) -> Claim | None:
        """Return the fork of a remote call that is answered; None for another request."""
        way = self._ways.get((sender, receiver))
        return None if way is None or message_id is None else way.remote_calls.pop(message_id, None)

    def add(self, sender: int, receiver: int, message_id: int | None, asked: Asked) -> None:
        """Note a request that the receiver will acknowledge, and what it asks for."""
        way = self._way(sender, receiver)
        if message_id is None:
            way.unnumbered.append(asked)
        else:
            way.numbered[message_id] = asked

    def drop(self, claim: Claim | None) -> None:
        """Await no acknowledgement any more of a request that something else has confirmed."""
        if claim is not None:
            way = self._ways.get((claim.holder, claim.rref[0]), _Way())
            if way.unnumbered and way.unnumbered[0] is claim:
                way.unnumbered.popleft()

    def take(self, sender: int, receiver: int, message_id: int | None) -> Asked:
        """Return what the request asked for that an RRefAck to its sender acknowledges."""
        way = self._ways.get((sender, receiver), _Way())
        if message_id is not None and message_id in way.numbered:
            return way.numbered.pop(message_id)
        if way.unnumbered:
            return way.unnumbered.popleft()
        self._remarks[Remark.UNKNOWN_REQUEST] += 1
        return None

    def deletions(self) -> int:
        """Return how many forks were deleted whose owners have not acknowledged it."""
        return sum(
            isinstance(asked, Deletion)
            for way in self._ways.values()
            for asked in chain(way.numbered.values(), way.unnumbered)
        )

    def _way(self, sender: int, receiver: int) -> _Way:
        return self._ways.setdefault((sender, receiver), _Way())
