"""The forks that are held: what their owners know, what is asked for, and what is inferred."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..ids import ForkId, RRefId
from .identifiers import IdentifierSet
from .told import Certainty, HeldFork, Remark

RRef = tuple[int, RRefId]  # the owner and the identifier


class Claim(NamedTuple):
    """A fork that a message names, and who holds it."""

    rref: RRef
    fork_id: ForkId
    holder: int
    time: int | None


class Forks:
    """The forks of all RRefs. What cannot be explained is counted in `remarks`."""

    def __init__(self, remarks: Counter[Remark]) -> None:
        self.known: dict[RRef, dict[ForkId, Claim]] = {}
        self._remarks = remarks
        self._pending: dict[ForkId, Claim] = {}
        self._holders: Counter[tuple[RRef, int]] = Counter()
        self._inferred: dict[tuple[RRef, int], int | None] = {}
        self._deleted = IdentifierSet()
        self._refused = IdentifierSet()

    def held(self) -> list[HeldFork]:
        """Return all forks, oldest first, those that are only asked for or inferred included."""
        known = [claim for claims in self.known.values() for claim in claims.values()]
        held = [_held(claim, Certainty.KNOWN) for claim in known]
        held += [_held(claim, Certainty.PENDING) for claim in self._pending.values()]
        held += [
            HeldFork(*rref, None, holder, time, Certainty.INFERRED)
            for (rref, holder), time in self._inferred.items()
        ]
        return sorted(held, key=lambda fork: (fork.since is not None, fork.since))

    def end_own(self, fork_id: ForkId) -> None:
        """Note that an owner no longer counts its own reference, which it had until now."""
        self._forget_pending(fork_id)
        self._deleted.add(fork_id)

    def refuse(self, claim: Claim) -> None:
        """Note that the owner could not read a remote call, so that it never counts the fork.

        The creator need not delete the fork, but libtorch's does.
        """
        self._forget_pending(claim.fork_id)
        self._refused.add(claim.fork_id)

    def announce_from_owner(self, claim: Claim) -> None:
        """Note a fork that its holder got from the owner.

        A holder may fetch before it hears that the owner knows its fork, or be seen to, by another
        clock. If a fork was inferred for it, it was this one.
        """
        self._inferred.pop((claim.rref, claim.holder), None)
        self._announce(claim)

    def ask(self, claim: Claim) -> None:
        """Note a fork that its holder has asked for."""
        if claim.fork_id in self._deleted:
            self._remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif claim.fork_id in self._pending or claim.fork_id in self.known.get(claim.rref, {}):
            self._remarks[Remark.REPEATED_ANNOUNCEMENT] += 1
        else:
            self._pending[claim.fork_id] = claim
            self._holders[claim.rref, claim.holder] += 1

    def pending(self, fork_id: ForkId) -> Claim | None:
        """Return the fork that its holder has asked for; None where there is none."""
        return self._pending.get(fork_id)

    def confirm(self, claim: Claim | None) -> None:
        """Note that the owner has acknowledged a fork request, where the request was one."""
        if claim is not None and claim.fork_id in self._pending:
            self._announce(claim)

    def delete(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        """Note that a holder has deleted its fork."""
        forks = self.known.get(rref, {})
        if fork_id in self._deleted:
            self._remarks[Remark.REPEATED_DELETE] += 1
        elif fork_id in self._refused:
            pass
        elif fork_id not in forks and fork_id not in self._pending:
            self._remarks[Remark.UNANNOUNCED_DELETE] += 1
            self._inferred.pop((rref, holder), None)
        self._forget_pending(fork_id)
        self._deleted.add(fork_id)
        if (claim := forks.pop(fork_id, None)) is not None:
            self._release(claim)
            if not forks:
                del self.known[rref]

    def infer(self, rref: RRef, worker: int, time: int | None) -> None:
        """Note that a worker fetches a value, for which it must hold a fork."""
        if not self._holders[rref, worker]:
            self._inferred.setdefault((rref, worker), time)

    def _announce(self, claim: Claim) -> None:
        """Note a fork that its owner knows."""
        self._forget_pending(claim.fork_id)
        forks = self.known.get(claim.rref, {})
        if claim.fork_id in self._deleted:
            self._remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif claim.fork_id in forks:
            self._remarks[Remark.REPEATED_ANNOUNCEMENT] += 1
        else:
            self.known.setdefault(claim.rref, {})[claim.fork_id] = claim
            self._holders[claim.rref, claim.holder] += 1

    def _forget_pending(self, fork_id: ForkId) -> None:
        claim = self._pending.pop(fork_id, None)
        if claim is not None:
            self._release(claim)

    def _release(self, claim: Claim) -> None:
        """Note that a worker holds one fork less."""
        self._holders[claim.rref, claim.holder] -= 1
        if not self._holders[claim.rref, claim.holder]:
            del self._holders[claim.rref, claim.holder]


def _held(claim: Claim, certainty: Certainty) -> HeldFork:
    return HeldFork(*claim.rref, claim.fork_id, claim.holder, claim.time, certainty)
