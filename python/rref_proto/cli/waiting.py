"""`rref-proto waiting`: the requests that have no answer, and who waits for whom."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

from .._text import printable
from ..ledger import Unanswered
from ..recording import SECOND, Record, RecordedEvent, RecordedMessage
from .arguments import FAILED, Commands, add_command, add_recordings
from .chains import chains
from .complaint import complain
from .files import Progress, read_recordings
from .names import Names, counted, seconds
from .summary import summary_of
from .times import Moment, absolute, read_moment


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    waiting = add_command(
        commands,
        "waiting",
        run,
        "print the requests without an answer, and who waits for whom",
        example="rref-proto waiting job-*.rref",
    )
    add_recordings(waiting)
    waiting.add_argument(
        "--at",
        type=read_moment,
        metavar="TIME",
        help='as of a time: "2026-01-31T12:00:00Z", or "+1.5" seconds after the first message',
    )
    waiting.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Print who waits for whom in the recordings that the call names; return the exit code.

    What can be read is followed, also where a part of it cannot be read.
    """
    conversation = Conversation(options.at)
    problems: list[str] = []
    with Progress(options.recordings) as progress:
        for record in read_recordings(options.recordings, progress, problems):
            conversation.observe(record)
    for line in FORMATS[options.format](conversation):
        print(line)
    for problem in problems:
        complain(problem)
    return FAILED if problems else 0


class Conversation:
    """What is open at the end of a conversation, or at a time that `at` tells."""

    def __init__(self, at: Moment | None) -> None:
        self.names = Names()
        self.requests = 0
        self.unanswered = Unanswered()
        self.start: int | None = None
        self._end = 0
        self._at = at

    @property
    def moment(self) -> int:
        """The time that all this is told of: at the latest that of the last record."""
        if self._at is None or self.start is None:
            return self._end
        return min(self._at(self.start), self._end)

    def observe(self, record: Record) -> None:
        """Take note of a record, unless it is later than the time that is asked for."""
        if self.start is None:
            self.start = self._end = record.time
        self._end = max(self._end, record.time)
        self.names.learn(record)
        is_later = self._at is not None and record.time > self._at(self.start)
        if isinstance(record, RecordedEvent) or is_later:
            return
        if record.is_request or record.is_response:
            self.requests += record.is_request
            way = record.from_worker_id, record.to_worker_id
            self.unanswered.note(*way, record.message.id, record.is_request, record)

    def waiting(self) -> list[RecordedMessage]:
        """Return the requests without an answer, the oldest first."""
        return sorted(self.unanswered, key=lambda request: request.time)

    def chains(self) -> Iterator[list[int]]:
        """Yield chains of workers, in which each waits for the next."""
        return chains((each.from_worker_id, each.to_worker_id) for each in self.waiting())


def text_lines(conversation: Conversation) -> Iterator[str]:
    """Yield the requests without an answer, who waits for whom, and what is not certain."""
    if conversation.start is None:
        yield "nothing is recorded"
        return
    when = f"at {seconds(conversation.moment - conversation.start)}"
    waiting, without_id = conversation.waiting(), conversation.unanswered.without_id
    if waiting:
        yield f"{counted(len(waiting), 'request')} without an answer {when} (oldest first):"
        yield from _request_lines(waiting, conversation)
        yield "who waits for whom:"
        for chain in conversation.chains():
            yield f"  {_chain(chain, conversation)}"
        yield (
            "not certain: torch tells a caller of an error without a message, "
            "so a call that failed has no answer here"
        )
    elif answered := conversation.requests - without_id:
        yield f"no request without an answer {when}, of {answered}"
    else:
        yield f"no request {'with an id ' if without_id else ''}is recorded {when}"
    if without_id:
        yield f"not certain: {counted(without_id, 'request')} without an id: no answer can be told"


def _request_lines(waiting: list[RecordedMessage], told: Conversation) -> Iterator[str]:
    """Yield how long each request is open, since when, who waits for whom, and what for."""
    ways = [
        f"{told.names(each.from_worker_id)} waits for {told.names(each.to_worker_id)}"
        for each in waiting
    ]
    width = max(map(len, ways))
    for request, way in zip(waiting, ways, strict=True):
        age = f"{(told.moment - request.time) / SECOND:.6f}s"
        since = seconds(request.time - (told.start or 0))
        name, said, _ = summary_of(request)
        line = f"  for {age:>12}  since {since:>14}  {way:<{width}}  {name:<19}  {said}"
        yield printable(line.rstrip())


def _chain(workers: list[int], told: Conversation) -> str:
    first, second, *others = map(told.names, workers)
    text = f"{first} waits for {second}"
    for name in others:
        text += f", which waits for {name}"
    return f"{text}: a circle" if workers[-1] in workers[:-1] else text


def json_lines(conversation: Conversation) -> Iterator[str]:
    """Yield one JSON object. Times and ids are written as in protobuf's JSON of a record."""
    told = {
        "time": None if conversation.start is None else absolute(conversation.moment),
        "requests": conversation.requests,
        "requestsWithoutId": conversation.unanswered.without_id,
        "waiting": [_to_json(request, conversation) for request in conversation.waiting()],
        "chains": list(conversation.chains()),
    }
    yield json.dumps(told, indent=2)


def _to_json(request: RecordedMessage, told: Conversation) -> dict[str, Any]:
    name, said, _ = summary_of(request)
    return {
        "time": absolute(request.time),
        "seconds": (told.moment - request.time) / SECOND,
        "fromWorkerId": request.from_worker_id,
        "fromWorkerName": told.names.known.get(request.from_worker_id, ""),
        "toWorkerId": request.to_worker_id,
        "toWorkerName": told.names.known.get(request.to_worker_id, ""),
        "id": str(request.message.id),
        "type": name,
        "summary": said,
    }


FORMATS: dict[str, Callable[[Conversation], Iterator[str]]] = {
    "text": text_lines,
    "json": json_lines,
}
