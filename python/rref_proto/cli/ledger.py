"""`rref-proto ledger`: who holds which fork of which RRef."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import groupby

from .._check import INT64_RANGE, check_int
from .._text import short_repr
from ..errors import RRefProtoError
from ..ids import ForkId
from ..ledger import Certainty, HeldFork, Ledger
from ..recording import SECOND
from .arguments import FAILED, Commands, add_command, add_recordings
from .files import Progress, read_recordings
from .names import Namer, Names, counted, pair, seconds

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    ledger = add_command(commands, "ledger", run, "print who holds which fork of which RRef")
    add_recordings(ledger)
    ledger.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help='as of a time: "2026-01-31T12:00:00Z", or "+1.5" seconds after the first message',
    )
    ledger.add_argument(
        "--leaks",
        action="store_true",
        help="list each fork that is still held, the oldest first; exit code 1 if there is one",
    )


def run(options: argparse.Namespace) -> int:
    """Print the ledger of the recordings that the call names; return the exit code."""
    ledger, names, start = Ledger(), Names(), None
    with Progress(options.recordings) as progress:
        for record in read_recordings(options.recordings, progress):
            start = record.time if start is None else start
            if options.at is not None and record.time > options.at(start):
                continue
            names.learn(record)
            try:
                ledger.observe_record(record)
            except RRefProtoError as error:
                raise error.within(f"message at {record.time}", ", ") from None
    lines = leak_lines if options.leaks else ledger_lines
    for line in lines(ledger, names, start or 0):
        print(line)
    return FAILED if options.leaks and ledger.held() else 0


def _time(text: str) -> Callable[[int], int]:
    """Read --at: "+1.5" (seconds after the first message) or a date and time."""
    try:
        if text.startswith("+"):
            offset = check_int(int(Decimal(text) * SECOND), INT64_RANGE, "--at")
            return lambda start: start + offset
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, ArithmeticError):
        raise argparse.ArgumentTypeError(
            f'expected "+1.5" or "2026-01-31T12:00:00Z", got {short_repr(text)}'
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    nanoseconds = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    return lambda _: nanoseconds


def ledger_lines(ledger: Ledger, names: Namer, start: int) -> Iterator[str]:
    """Yield who holds what, by owner and RRef, and what the ledger cannot explain."""
    held = sorted(ledger.held(), key=lambda fork: (fork.owner, fork.rref_id))
    for owner, of_owner in groupby(held, key=lambda fork: fork.owner):
        yield f"owner {names(owner)}"
        for rref_id, forks in groupby(of_owner, key=lambda fork: fork.rref_id):
            yield f"  rref {pair(rref_id)}  created by {names(rref_id.created_on)}"
            for fork in forks:
                yield f"    {_fork(fork, names)}  since {_age(fork, start)}"
    known = sum(fork.certainty is Certainty.KNOWN for fork in held)
    yield f"{counted(len(ledger.forks), 'RRef')} held by {counted(known, 'fork')}"
    yield from _doubt_lines(ledger, names)


def _doubt_lines(ledger: Ledger, names: Namer) -> Iterator[str]:
    """Yield what the ledger is not certain of, and what it cannot explain."""
    certainties = [fork.certainty for fork in ledger.held()]
    for certainty, text in _UNCERTAIN.items():
        if certainty in certainties:
            yield f"not certain: {counted(certainties.count(certainty), 'fork')} {text}"
    for worker, first, last in ledger.unnamed():
        numbers = f"({worker}, {first})" if first == last else f"({worker}, {first} to {last})"
        yield (
            f"not certain: {names(worker)} made {numbers}, and no message named it: "
            "perhaps a fork of an RRef of its own"
        )
    for remark, count in ledger.remarks.items():
        yield f"not explained: {counted(count, 'message')} {remark.value}"


def leak_lines(ledger: Ledger, names: Namer, start: int) -> Iterator[str]:
    """Yield every fork that is held, the oldest first, as one reads a stack trace."""
    held = ledger.held()
    yield f"{counted(len(held), 'fork')} still held (oldest first):" if held else "no fork is held"
    for fork in held:
        yield f"  rref {pair(fork.rref_id)} on owner {names(fork.owner)}"
        yield f"    created by    {names(fork.rref_id.created_on)}"
        if fork.fork_id is not None:
            origin = _origin(fork.fork_id, fork.holder)
            maker = names(fork.fork_id.created_on)
            yield f"    {origin:<12}  {maker} as fork {pair(fork.fork_id)}"
        yield f"    held by       {names(fork.holder)}{_doubt(fork)}"
        yield f"    since         {_age(fork, start)}"
    yield from _doubt_lines(ledger, names)


_UNCERTAIN = {
    Certainty.PENDING: "asked for, and no answer was seen",
    Certainty.INFERRED: "inferred: the holder fetched the value, and no message told of its fork",
}


def _fork(fork: HeldFork, names: Namer) -> str:
    holder = f"held by {names(fork.holder)}{_doubt(fork)}"
    if fork.fork_id is None:
        return f"fork of the owner's  {holder}"
    origin = f"{_origin(fork.fork_id, fork.holder)} {names(fork.fork_id.created_on)}"
    return f"fork {pair(fork.fork_id)}  {holder}  {origin}"


def _origin(fork_id: ForkId, holder: int) -> str:
    """Say what the worker that made a fork did: the holder itself has it from its remote()."""
    return "made by" if fork_id.created_on == holder else "passed on by"


def _age(fork: HeldFork, start: int) -> str:
    return seconds((start if fork.since is None else fork.since) - start)


def _doubt(fork: HeldFork) -> str:
    return "" if fork.certainty is Certainty.KNOWN else f" ({fork.certainty.value})"
