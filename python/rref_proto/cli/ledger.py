"""`rref-proto ledger`: who holds which fork of which RRef."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from ..errors import RRefProtoError
from ..ledger import Ledger
from ..recording import EventKind, Record, RecordedEvent, merge
from .arguments import FAILED, Commands, WrongCallError, add_command, add_recordings
from .complaint import complain
from .files import Progress, open_recordings
from .report import Report, json_lines, leak_lines, ledger_lines
from .streams import discard_unwritten
from .times import Moment, absolute, read_moment, read_span

NOT_CERTAIN = 3


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    ledger = add_command(
        commands,
        "ledger",
        run,
        "print who holds which fork of which RRef",
        example="rref-proto ledger --leaks job-*.rref",
    )
    add_recordings(ledger)
    ledger.add_argument(
        "--at",
        type=read_moment,
        metavar="TIME",
        help='as of a time: "2026-01-31T12:00:00Z", or "+1.5" seconds after the first message; '
        "default: the end, and with --leaks the moment before the last worker began to shut down",
    )
    ledger.add_argument(
        "--leaks",
        action="store_true",
        help="list each fork that is still held, the oldest first; "
        "exit code 1 if there is one, 3 if there may be one, 0 if there is none",
    )
    ledger.add_argument(
        "--older-than",
        type=read_span,
        metavar="SECONDS",
        help="with --leaks: only forks that were held for so long",
    )
    ledger.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )


def run(options: argparse.Namespace) -> int:
    """Print the ledger of the recordings that the call names; return the exit code."""
    if options.older_than is not None and not options.leaks:
        raise WrongCallError("--older-than needs --leaks")
    report = _read(options)
    code = _code_of_leaks(report) if options.leaks else FAILED if report.problems else 0
    try:
        for line in FORMATS[options.format, options.leaks](report):
            print(line)
        for problem in report.problems:
            complain(problem)
        sys.stdout.flush()
    except OSError as error:
        if not options.leaks:
            raise
        # The code is for programs: that nobody can read the lines must not look like a leak.
        if not isinstance(error, BrokenPipeError):
            complain(str(error))
        discard_unwritten()
        return code or NOT_CERTAIN
    return code


def _code_of_leaks(report: Report) -> int:
    if report.leaks:
        return FAILED
    return 0 if report.is_certain else NOT_CERTAIN


def _read(options: argparse.Namespace) -> Report:
    """Read the recordings, as far as they can be read, to their end."""
    problems: list[str] = []
    paths, at = options.recordings, options.at
    looks_for_shutdown = options.leaks and at is None
    is_read_again = looks_for_shutdown or len(paths) > 1
    with Progress(paths, read_before=looks_for_shutdown) as progress:
        recordings = open_recordings(paths, progress, problems, are_read_again=is_read_again)
        if looks_for_shutdown:
            at = _before_shutdown(chain.from_iterable(recordings))
        return _report(merge(recordings), at, problems, options.older_than)


def _before_shutdown(records: Iterable[Record]) -> Moment | None:
    """Return the moment before the last worker began to shut down; None where none is marked.

    A worker that has nothing to do begins early, and waits for the others. Then all delete their
    forks.
    """
    began: dict[int, int] = {}
    for record in records:
        if isinstance(record, RecordedEvent) and record.kind == EventKind.SHUTDOWN_BEGAN:
            began[record.worker_id] = min(record.time, began.get(record.worker_id, record.time))
    return (lambda _: max(began.values()) - 1) if began else None


def _report(
    records: Iterable[Record], at: Moment | None, problems: list[str], older_than: int | None
) -> Report:
    ledger, start, end, invalid = Ledger(), None, 0, 0
    for record in records:
        if start is None:
            start = end = record.time
            ledger = Ledger(at(start) if at else None)
        end = max(end, record.time)
        try:
            ledger.observe_record(record)
        except RRefProtoError as error:
            invalid += 1
            if invalid == 1:
                problems.append(str(error.within(f"message at {absolute(record.time)}", ", ")))
    if invalid > 1:
        problems.append(f"{invalid - 1} more messages that are not valid")
    moment = end if ledger.at is None else ledger.at
    return Report(ledger, start, moment, problems, older_than)


FORMATS: dict[tuple[str, bool], Callable[[Report], Iterator[str]]] = {
    ("text", False): ledger_lines,
    ("text", True): leak_lines,
    ("json", False): json_lines,
    ("json", True): json_lines,
}
