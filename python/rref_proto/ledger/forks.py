"""The forks that are held: what their owners know, what is asked for, and what is inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .._identifier_set import IdentifierSet
from ..ids import ForkId, RRefId
from .told import Certainty, Evidence, HeldFork, Remark

RRef = tuple[int, RRefId]  # the owner and the identifier


class Claim(NamedTuple):
    """A fork that a message names, who holds it, and what tells of it."""

    rref: RRef
    fork_id: ForkId
    holder: int
    time: int | None
    evidence: Evidence


class Forks:
    """The forks of all RRefs at one moment. What cannot be explained is counted in `remarks`."""

    def __init__(self, remarks: Counter[Remark]) -> None:
        self._remarks = remarks
        self._claims: dict[ForkId, Claim] = {}
        # A fork has one RRef. These are claims that say otherwise.
        self._of_other_rrefs: dict[tuple[ForkId, RRef], Claim] = {}
        self._inferred: dict[tuple[RRef, int], int | None] = {}
        self._deleted_later: dict[ForkId, Claim] = {}
        # How many forks of an RRef a worker claims.
        self._holders: dict[tuple[RRef, int], int] = {}
        self._deleted = IdentifierSet()
        self._refused = IdentifierSet()
        self._announced_later = IdentifierSet()
        # By the holder, the RRefs of which it has deleted a fork.
        self._let_go: dict[int, IdentifierSet] = {}

    def counted(self) -> Iterator[Claim]:
        """Yield the forks that their owners count: known, or deleted after the moment."""
        for claim in self._claims.values():
            if claim.evidence.certainty is Certainty.KNOWN:
                yield claim
        yield from self._of_other_rrefs.values()
        yield from self._deleted_later.values()

    def held(self) -> list[HeldFork]:
        """Return all forks, oldest first, those that are only asked for or inferred included."""
        claims = [*self._claims.values(), *self._of_other_rrefs.values()]
        claims += self._deleted_later.values()
        held = [
            HeldFork(*claim.rref, claim.fork_id, claim.holder, claim.time, claim.evidence)
            for claim in claims
        ]
        held += [
            HeldFork(*rref, None, holder, time, Evidence.FETCH)
            for (rref, holder), time in self._inferred.items()
        ]
        return sorted(held, key=lambda fork: (fork.since is not None, fork.since))

    def announce(self, claim: Claim) -> None:
        """Note a fork that its holder asks for, or that the owner knows, by the claim's evidence.

        A holder may fetch before it hears that the owner knows its fork, or be seen to, by another
        clock. If a fork was inferred for it, it was this one.
        """
        rref, fork_id, holder = claim[:3]
        if self._inferred:
            self._inferred.pop((rref, holder), None)
        earlier = self._claims.get(fork_id)
        if earlier is not None and earlier.rref != rref:
            self._announce_of_another(claim)
        elif self._deleted.has(fork_id):
            self._remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif earlier is None:
            self._claims[fork_id] = claim
            self._holders[rref, holder] = self._holders.get((rref, holder), 0) + 1
        elif _is_pending(earlier) and not _is_pending(claim):
            self._claims[fork_id] = claim
        else:
            self._remarks[Remark.REPEATED_ANNOUNCEMENT] += 1

    def pending(self, fork_id: ForkId) -> Claim | None:
        """Return the fork that its holder has asked for; None where there is none."""
        claim = self._claims.get(fork_id)
        return claim if claim is not None and _is_pending(claim) else None

    def confirm(self, claim: Claim | None, evidence: Evidence) -> None:
        """Note that the owner knows a fork that was asked for, where there is one."""
        if claim is not None and self.pending(claim.fork_id) is not None:
            self.announce(Claim(*claim[:-1], evidence))

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

    def delete(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        """Note that a holder has deleted its fork."""
        claim = self._claim(rref, fork_id)
        if self._deleted.has(fork_id):
            self._remarks[Remark.REPEATED_DELETE] += 1
        elif self._refused.has(fork_id):
            pass
        elif claim is None:
            self._remarks[Remark.UNANNOUNCED_DELETE] += 1
            self._inferred.pop((rref, holder), None)
        elif claim.holder != holder:
            self._remarks[Remark.DELETE_BY_ANOTHER] += 1
        self._deleted.add(fork_id)
        self._let_go.setdefault(holder, IdentifierSet()).add(rref[1])
        if claim is not None:
            self._forget(claim)

    def infer(self, rref: RRef, worker: int, time: int | None) -> None:
        """Note that a worker fetches a value, for which it must hold a fork."""
        if (rref, worker) in self._holders:
            return
        if worker in self._let_go and self._let_go[worker].has(rref[1]):
            self._remarks[Remark.FETCH_AFTER_DELETE] += 1
        else:
            self._inferred.setdefault((rref, worker), time)

    def announce_later(self, fork_id: ForkId) -> None:
        """Note that a fork was announced after the moment, so that it is not one of before it."""
        self._announced_later.add(fork_id)
        self._deleted_later.pop(fork_id, None)

    def delete_later(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        """Note that a fork was deleted after the moment: if it was never announced, it was held."""
        is_explained = self._claim(rref, fork_id) is not None or any(
            seen.has(fork_id) for seen in (self._deleted, self._refused, self._announced_later)
        )
        if not is_explained:
            self._inferred.pop((rref, holder), None)
            claim = Claim(rref, fork_id, holder, None, Evidence.LATER_DELETE)
            self._deleted_later[fork_id] = claim

    def _announce_of_another(self, claim: Claim) -> None:
        """Note a fork that a message gives to a second RRef. Its owner counts it all the same."""
        self._remarks[Remark.FORK_OF_ANOTHER_RREF] += 1
        if not _is_pending(claim):
            self._of_other_rrefs[claim.fork_id, claim.rref] = claim

    def _claim(self, rref: RRef, fork_id: ForkId) -> Claim | None:
        """Return what is known or asked for by these identifiers."""
        claim = self._claims.get(fork_id)
        if claim is None or claim.rref != rref:
            return self._of_other_rrefs.get((fork_id, rref)) if self._of_other_rrefs else None
        return claim

    def _forget_pending(self, fork_id: ForkId) -> None:
        if (claim := self.pending(fork_id)) is not None:
            self._forget(claim)

    def _forget(self, claim: Claim) -> None:
        """Note that a worker no longer holds a fork."""
        if self._of_other_rrefs.pop((claim.fork_id, claim.rref), None) is not None:
            return
        del self._claims[claim.fork_id]
        holding = claim.rref, claim.holder
        left = self._holders[holding] - 1
        if left:
            self._holders[holding] = left
        else:
            del self._holders[holding]


def _is_pending(claim: Claim) -> bool:
    return claim.evidence.certainty is Certainty.PENDING
