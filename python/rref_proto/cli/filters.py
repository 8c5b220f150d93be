"""Which records `rref-proto show` prints."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator

from .._text import short_repr
from ..errors import RRefProtoError
from ..ids import RRefId
from ..message_type import MessageType
from ..recording import Record, RecordedEvent
from .arguments import read_message_type
from .named_rrefs import NamedRRefs
from .names import Names
from .times import read_moment

# "1,0", or "(1, 0)" as it is printed.
RREF_ID = re.compile(r"\(? *(-?\d{1,5}) *, *(-?\d{1,19}) *\)?", re.ASCII)

Filter = Callable[[Record], bool]


def add_filters(command: argparse.ArgumentParser) -> None:
    """Let the call say which records it asks for."""
    filters = command.add_argument_group("which messages are printed")
    filters.add_argument(
        "--rref",
        type=read_rref_id,
        action="append",
        metavar="ID",
        help='those that name an RRef, by its id such as "1,0", or a fork of it; can be repeated',
    )
    filters.add_argument(
        "--worker",
        action="append",
        metavar="NAME_OR_ID",
        help="those that a worker sent or received; can be repeated",
    )
    filters.add_argument(
        "--type",
        type=read_message_type,
        action="append",
        metavar="TYPE",
        help="those of a type: RREF_USER_DELETE, RRefUserDelete or 0x10b; can be repeated",
    )
    for name, which in ("--since", "not earlier than"), ("--until", "not later than"):
        filters.add_argument(
            name,
            type=read_moment,
            metavar="TIME",
            help=f'those {which} a time: "2026-01-31T12:00:00Z", or "+1.5" seconds after the first',
        )


def read_rref_id(text: str) -> RRefId:
    """Read the id of an RRef."""
    found = RREF_ID.fullmatch(text)
    try:
        if found:
            return RRefId(int(found[1]), int(found[2]))
    except RRefProtoError:
        pass
    raise argparse.ArgumentTypeError(
        f'expected the id of an RRef such as "1,0", got {short_repr(text)}'
    )


class Selection:
    """The records that a call asks for, and what all records up to now told."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.names = Names()
        self.start = 0
        self.filters = list(self._filters(options))

    def of(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield those of `records` that the call asks for."""
        is_first = True
        for record in records:
            if is_first:
                self.start, is_first = record.time, False
            self.names.learn(record)
            # Without filters, as in most calls, no time is taken by them.
            if not self.filters or all(wants(record) for wants in self.filters):
                yield record

    def _filters(self, options: argparse.Namespace) -> Iterator[Filter]:
        if options.rref:
            # The first one is asked about every record: it learns which forks there are.
            yield NamedRRefs(options.rref).are_in
        if options.worker:
            yield self._has_worker(frozenset(options.worker))
        if options.type:
            yield _has_type(frozenset(options.type))
        if since := options.since:
            yield lambda record: record.time >= since(self.start)
        if until := options.until:
            yield lambda record: record.time <= until(self.start)

    def _has_worker(self, wanted: frozenset[str]) -> Filter:
        """Look for workers by their ids, their names, or both as they are printed."""

        def has_worker(record: Record) -> bool:
            if isinstance(record, RecordedEvent):
                workers = [record.worker_id]
            else:
                workers = [record.from_worker_id, record.to_worker_id]
            known = self.names.known
            return any(
                not wanted.isdisjoint((str(each), known.get(each), self.names(each)))
                for each in workers
            )

        return has_worker


def _has_type(wanted: frozenset[MessageType]) -> Filter:
    def has_type(record: Record) -> bool:
        if isinstance(record, RecordedEvent):
            return False
        native = record.native_message
        return (record.message.type if native is None else native.type) in wanted

    return has_type
