"""What `rref-proto ledger` prints: the ledger, its leaks, and what it is not certain of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from ..ids import GloballyUniqueId
from ..ledger import Certainty, HeldFork, Ledger, Remark
from ..recording import SECOND
from .names import Names, counted, pair, seconds
from .times import absolute


class Report(NamedTuple):
    """A ledger at one moment, and what could not be read of its recordings.

    `start` is the time of the first record, None where there is none; `older_than`, of forks that
    are leaks, in nanoseconds.
    """

    ledger: Ledger
    start: int | None
    moment: int
    problems: list[str]
    older_than: int | None

    @property
    def leaks(self) -> list[HeldFork]:
        """The forks that were held at the moment, for as long as was asked."""
        oldest = self.moment - (self.older_than or 0)
        return [fork for fork in self.ledger.held() if fork.since is None or fork.since <= oldest]

    @property
    def is_certain(self) -> bool:
        """Whether nothing else can be held."""
        return not self.problems and not self.ledger.doubts()


def ledger_lines(report: Report) -> Iterator[str]:
    """Yield who holds what, by owner and RRef, and what the ledger is not certain of."""
    names, ledger = Names(report.ledger.names), report.ledger
    held = sorted(ledger.held(), key=attrgetter("owner", "rref_id"))
    for owner, of_owner in groupby(held, key=attrgetter("owner")):
        yield f"owner {names(owner)}"
        for rref_id, forks in groupby(of_owner, key=attrgetter("rref_id")):
            yield f"  rref {pair(rref_id)}  created by {names(rref_id.created_on)}"
            for fork in forks:
                yield "    " + "  ".join(
                    f"{label} {value}" for label, value in _parts(fork, names, report.start or 0)
                )
    counts = counted(len(ledger.forks), "RRef"), sum(len(forks) for forks in ledger.forks.values())
    yield f"{counts[0]} held by {counted(counts[1], 'fork')}"
    yield from _doubt_lines(report, names)


def leak_lines(report: Report) -> Iterator[str]:
    """Yield every fork that is held, the oldest first, after how many who holds."""
    names, leaks = Names(report.ledger.names), report.leaks
    if leaks:
        yield f"{counted(len(leaks), 'fork')} still held{_moment(report)}"
        if len(leaks) > 1:
            yield from _group_lines(leaks, names)
            yield "oldest first:"
    else:
        known = "" if report.is_certain else "known to be "
        yield f"no fork is {known}held{_moment(report)}"
    for fork in leaks:
        yield f"  rref {pair(fork.rref_id)} on owner {names(fork.owner)}"
        yield f"    {'created by':<12}  {names(fork.rref_id.created_on)}"
        for label, value in _parts(fork, names, report.start or 0):
            yield f"    {label:<12}  {value}"
    yield from _doubt_lines(report, names)


def json_lines(report: Report) -> Iterator[str]:
    """Yield the ledger as one object of JSON, times and ids as in protobuf's JSON of a record."""
    names = Names(report.ledger.names)
    told = {
        "time": None if report.start is None else absolute(report.moment),
        "certain": report.is_certain,
        "forks": [_json_of_fork(fork, names.known) for fork in report.leaks],
        "doubts": [
            {
                "reason": doubt.reason.name,
                "workerIds": list(doubt.workers),
                "total": doubt.total,
                "text": doubt.text(names),
            }
            for doubt in report.ledger.doubts()
        ],
        "problems": report.problems,
    }
    yield json.dumps(told, indent=2)


def _parts(fork: HeldFork, names: Names, start: int) -> Iterator[tuple[str, str]]:
    """Yield what is known of a fork besides its RRef, each with its label."""
    if fork.fork_id is None:
        yield "fork", "not named"
    else:
        yield "fork", pair(fork.fork_id)
        # The holder itself makes the fork that it gets from its remote().
        is_own = fork.fork_id.created_on == fork.holder
        yield "made by" if is_own else "passed on by", names(fork.fork_id.created_on)
    doubt = "" if fork.certainty is Certainty.KNOWN else f" ({fork.certainty.value})"
    yield "held by", f"{names(fork.holder)}{doubt}"
    yield "since", "not known" if fork.since is None else seconds(fork.since - start)
    yield "known by", fork.evidence.text


def _group_lines(leaks: list[HeldFork], names: Names) -> Iterator[str]:
    """Yield how many forks each worker holds of the RRefs that another one created."""
    groups = Counter((fork.holder, fork.rref_id.created_on, fork.owner) for fork in leaks)
    for (holder, creator, owner), count in groups.most_common():
        yield (
            f"  {counted(count, 'fork')} held by {names(holder)}, of RRefs on {names(owner)} "
            f"that {names(creator)} created"
        )


def _doubt_lines(report: Report, names: Names) -> Iterator[str]:
    """Yield what the ledger is not certain of, and what it cannot explain."""
    for doubt in report.ledger.doubts():
        label = "not explained" if isinstance(doubt.reason, Remark) else "not certain"
        yield f"{label}: {doubt.text(names)}"
    if report.problems:
        yield f"not certain: {counted(len(report.problems), 'problem')}, so not all could be read"


def _moment(report: Report) -> str:
    least = f" for {report.older_than / SECOND:g} s or longer" if report.older_than else ""
    if report.start is None:
        return least
    return f"{least} at {seconds(report.moment - report.start)} ({absolute(report.moment)})"


def _json_of_fork(fork: HeldFork, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "ownerId": fork.owner,
        "ownerName": names.get(fork.owner, ""),
        "rrefId": _json_of_id(fork.rref_id),
        "forkId": None if fork.fork_id is None else _json_of_id(fork.fork_id),
        "holderId": fork.holder,
        "holderName": names.get(fork.holder, ""),
        "since": None if fork.since is None else absolute(fork.since),
        "certainty": fork.certainty.value,
        "evidence": fork.evidence.name,
    }


def _json_of_id(identifier: GloballyUniqueId) -> dict[str, Any]:
    return {"createdOn": identifier.created_on, "localId": str(identifier.local_id)}
