"""Which part of a job was seen: whose recordings are complete, and at which times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .._identifier_set import IdentifierSet
from ..recording import EventKind, RecordedEvent
from .told import Doubt, Reason
from .unanswered import Unanswered


class Coverage:
    """Takes note of which messages were seen, whatever they say, and of all events.

    Workers record their own requests and the responses to them. So a recording is complete if it
    has an end, as many requests as its end says, and a response to each of them.
    """

    def __init__(self, at: int | None) -> None:
        self.shutdown_began: dict[int, int] = {}
        self.ended: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.workers: set[int] = set()
        self._at = at
        self._first: int | None = None
        self._last: int | None = None
        self._requests = IdentifierSet()
        self._repeated: Counter[int] = Counter()
        # By the worker: the time of the last request that it sent or was sent.
        self._last_request: dict[int, int] = {}
        self._unanswered = Unanswered()  # the senders, but of requests after the moment None
        # By the worker: the time of its first end, and how many requests that tells of.
        self._ends: dict[int, tuple[int, int | None]] = {}
        self._renamed: set[int] = set()
        self._ended_twice: set[int] = set()
        self._deletes_in_shutdown: Counter[int] = Counter()

    def note_message(
        self, sender: int, receiver: int, message_id: int | None, is_request: bool, time: int | None
    ) -> bool:
        """Note a request or a response that was seen.

        Returns whether it answers a request that was open at the moment.
        """
        self._note(sender, receiver, time)
        is_later = self._at is not None and time is not None and time > self._at
        # A request that is sent after the moment may be answered after the recording.
        what = None if is_later else sender
        asked_by = self._unanswered.note(sender, receiver, message_id, is_request, what)
        if is_request:
            if message_id is not None and not self._requests.add_number(sender, message_id):
                self._repeated[sender] += 1
            if time is not None:
                for worker in (sender, receiver):
                    self._last_request[worker] = max(time, self._last_request.get(worker, time))
        return is_later and asked_by is not None

    def note_worker(self, worker: int) -> None:
        """Note that a worker takes part."""
        self.workers.add(worker)

    def note_delete(self, sender: int) -> None:
        """Note that a worker has deleted a fork, at the moment or before."""
        if sender in self.shutdown_began:  # which comes before it in its recording
            self._deletes_in_shutdown[sender] += 1

    def note_name(self, worker: int, name: str) -> None:
        """Note the name of a worker, as a record tells it."""
        if name and self.names.setdefault(worker, name) != name:
            self._renamed.add(worker)

    def note_event(self, event: RecordedEvent) -> None:
        """Note an event of a worker."""
        worker, time = event.worker_id, event.time
        self._note(worker, worker, time)
        self.note_name(worker, event.worker_name)
        if event.kind == EventKind.SHUTDOWN_BEGAN:
            self.shutdown_began[worker] = min(time, self.shutdown_began.get(worker, time))
        elif event.kind == EventKind.RECORDING_ENDED:
            end = time, event.request_count
            if self._ends.setdefault(worker, end) != end:
                self._ended_twice.add(worker)
            self.ended[worker] = max(time, self.ended.get(worker, time))

    def doubts(self, workers: Iterable[int]) -> Iterator[Doubt]:
        """Yield what speaks against knowing all; `workers` are those that identifiers name."""
        if not self.workers:
            yield Doubt(Reason.NOTHING_RECORDED)
        if self._at is not None and self._first is not None and self._last is not None:
            if self._at < self._first:
                yield Doubt(Reason.BEFORE_THE_RECORDING)
            elif self._at > self._last:
                yield Doubt(Reason.AFTER_THE_RECORDING)
        found = list(self._found(sorted({*self.workers, *workers})))
        for reason in Reason:
            of_reason = {worker: total for each, worker, total in found if each is reason}
            if of_reason:
                yield Doubt(reason, tuple(sorted(of_reason)), sum(of_reason.values()))
        # The answer to a request without an id has the id that the request was given later.
        unasked = self._unanswered.without_request - self._unanswered.without_id
        if unasked > 0:
            yield Doubt(Reason.UNASKED, (), unasked)

    def _note(self, sender: int, receiver: int, time: int | None) -> None:
        self.workers.add(sender)
        self.workers.add(receiver)
        if time is not None:
            if self._first is None or self._last is None:
                self._first = self._last = time
            elif time > self._last:
                self._last = time
            elif time < self._first:
                self._first = time

    def _found(self, workers: list[int]) -> Iterator[tuple[Reason, int, int]]:
        """Yield each reason for doubt with one worker that it is about, and a total."""
        for worker in workers:
            if worker in self.ended:
                yield from self._found_at_end(worker, self.ended[worker])
            else:
                yield Reason.NO_END, worker, 0
        for worker in self._renamed:
            yield Reason.TWO_NAMES, worker, 0
        uses = Counter(self.names.values())
        for worker, name in self.names.items():
            if uses[name] > 1:
                yield Reason.ONE_NAME_TWICE, worker, 0
        unanswered = Counter(sender for sender in self._unanswered if sender is not None)
        for worker, total in unanswered.items():
            yield Reason.UNANSWERED, worker, total
        for worker, total in self._repeated.items():
            yield Reason.REPEATED, worker, total
        for worker, total in self._deletes_in_shutdown.items():
            yield Reason.DELETES_IN_SHUTDOWN, worker, total

    def _found_at_end(self, worker: int, ended: int) -> Iterator[tuple[Reason, int, int]]:
        (_, expected), seen = self._ends[worker], self._requests.count(worker)
        if expected is None:
            yield Reason.NOT_COUNTED, worker, 0
        elif seen < expected:
            yield Reason.REQUESTS_MISSING, worker, expected - seen
        goes_on = self._last_request.get(worker, ended) > ended
        has_more = expected is not None and seen > expected
        if worker in self._ended_twice or goes_on or has_more:
            yield Reason.MORE_THAN_ONE_END, worker, 0
        if self._is_past(ended) and worker not in self.shutdown_began:
            yield Reason.AFTER_THE_END, worker, 0

    def _is_past(self, time: int) -> bool:
        return self._at is None or time <= self._at
