"""The forks that are held: what their owners know, what is asked for, and what is inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..ids import ForkId, RRefId
from .identifiers import IdentifierSet
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
        self._known: dict[RRef, dict[ForkId, Claim]] = {}
        self._pending: dict[ForkId, Claim] = {}
        self._inferred: dict[tuple[RRef, int], int | None] = {}
        self._deleted_later: dict[ForkId, Claim] = {}
        # Of what is known or pending: the RRef of each fork, and how many a worker holds of one.
        self._rref_of: dict[ForkId, RRef] = {}
        self._holders: Counter[tuple[RRef, int]] = Counter()
        self._deleted = IdentifierSet()
        self._refused = IdentifierSet()
        self._announced_later = IdentifierSet()
        # By the holder, the RRefs of which it has deleted a fork.
        self._let_go: dict[int, IdentifierSet] = {}

    def counted(self) -> Iterator[Claim]:
        """Yield the forks that their owners count: known, or deleted after the moment."""
        for claims in self._known.values():
            yield from claims.values()
        yield from self._deleted_later.values()

    def held(self) -> list[HeldFork]:
        """Return all forks, oldest first, those that are only asked for or inferred included."""
        claims = [*self.counted(), *self._pending.values()]
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
        self._inferred.pop((claim.rref, claim.holder), None)
        is_known = claim.evidence.certainty is Certainty.KNOWN
        other = self._rref_of.get(claim.fork_id)
        if other is not None and other != claim.rref:
            self._remarks[Remark.FORK_OF_ANOTHER_RREF] += 1
            if not is_known:
                return
        elif is_known:
            self._forget_pending(claim.fork_id)
        if _pair(claim.fork_id) in self._deleted:
            self._remarks[Remark.LATE_ANNOUNCEMENT] += 1
        elif claim.fork_id in self._pending or claim.fork_id in self._known.get(claim.rref, {}):
            self._remarks[Remark.REPEATED_ANNOUNCEMENT] += 1
        else:
            if is_known:
                self._known.setdefault(claim.rref, {})[claim.fork_id] = claim
            else:
                self._pending[claim.fork_id] = claim
            self._rref_of[claim.fork_id] = claim.rref
            self._holders[claim.rref, claim.holder] += 1

    def pending(self, fork_id: ForkId) -> Claim | None:
        """Return the fork that its holder has asked for; None where there is none."""
        return self._pending.get(fork_id)

    def confirm(self, claim: Claim | None, evidence: Evidence) -> None:
        """Note that the owner knows a fork that was asked for, where there is one."""
        if claim is not None and claim.fork_id in self._pending:
            self.announce(Claim(*claim[:-1], evidence))

    def end_own(self, fork_id: ForkId) -> None:
        """Note that an owner no longer counts its own reference, which it had until now."""
        self._forget_pending(fork_id)
        self._deleted.add(*_pair(fork_id))

    def refuse(self, claim: Claim) -> None:
        """Note that the owner could not read a remote call, so that it never counts the fork.

        The creator need not delete the fork, but libtorch's does.
        """
        self._forget_pending(claim.fork_id)
        self._refused.add(*_pair(claim.fork_id))

    def delete(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        """Note that a holder has deleted its fork."""
        claim = self._claim(rref, fork_id)
        if _pair(fork_id) in self._deleted:
            self._remarks[Remark.REPEATED_DELETE] += 1
        elif _pair(fork_id) in self._refused:
            pass
        elif claim is None:
            self._remarks[Remark.UNANNOUNCED_DELETE] += 1
            self._inferred.pop((rref, holder), None)
        elif claim.holder != holder:
            self._remarks[Remark.DELETE_BY_ANOTHER] += 1
        self._deleted.add(*_pair(fork_id))
        self._let_go.setdefault(holder, IdentifierSet()).add(*_pair(rref[1]))
        if claim is not None:
            self._forget(claim)

    def infer(self, rref: RRef, worker: int, time: int | None) -> None:
        """Note that a worker fetches a value, for which it must hold a fork."""
        if self._holders[rref, worker]:
            return
        if worker in self._let_go and _pair(rref[1]) in self._let_go[worker]:
            self._remarks[Remark.FETCH_AFTER_DELETE] += 1
        else:
            self._inferred.setdefault((rref, worker), time)

    def announce_later(self, fork_id: ForkId) -> None:
        """Note that a fork was announced after the moment, so that it is not one of before it."""
        self._announced_later.add(*_pair(fork_id))
        self._deleted_later.pop(fork_id, None)

    def delete_later(self, rref: RRef, fork_id: ForkId, holder: int) -> None:
        """Note that a fork was deleted after the moment: if it was never announced, it was held."""
        pair = _pair(fork_id)
        if self._claim(rref, fork_id) is not None:
            return
        if any(pair in seen for seen in (self._deleted, self._refused, self._announced_later)):
            return
        self._inferred.pop((rref, holder), None)
        self._deleted_later[fork_id] = Claim(rref, fork_id, holder, None, Evidence.LATER_DELETE)

    def _claim(self, rref: RRef, fork_id: ForkId) -> Claim | None:
        """Return what is known or asked for by these identifiers."""
        claim = self._known.get(rref, {}).get(fork_id) or self._pending.get(fork_id)
        return claim if claim is not None and claim.rref == rref else None

    def _forget_pending(self, fork_id: ForkId) -> None:
        if (claim := self._pending.get(fork_id)) is not None:
            self._forget(claim)

    def _forget(self, claim: Claim) -> None:
        """Note that a worker no longer holds a fork, or no longer only asks for it."""
        forks = self._known.get(claim.rref, {})
        if forks.pop(claim.fork_id, None) is None:
            del self._pending[claim.fork_id]
        elif not forks:
            del self._known[claim.rref]
        self._rref_of.pop(claim.fork_id, None)
        self._holders[claim.rref, claim.holder] -= 1
        if not self._holders[claim.rref, claim.holder]:
            del self._holders[claim.rref, claim.holder]


def _pair(identifier: RRefId | ForkId) -> tuple[int, int]:
    return identifier.created_on, identifier.local_id
