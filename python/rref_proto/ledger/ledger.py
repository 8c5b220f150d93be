"""Who holds which fork of which RRef, told from the messages alone.

The owner of an RRef keeps such a ledger too, and a more exact one: it also knows what no message
says. Messages with values tell of the RRefs inside them, also of those that an owner passes on
itself; for these no other message announces the fork. Where such a message was not seen, this
ledger learns of the fork when its holder deletes it, or when its holder fetches the value.

What was not seen can be anything. So the ledger also says of what it is not certain, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from .._check import WORKER_ID_RANGE, as_int, check_int, check_items, check_type, wrong_type
from .._identifier_set import IdentifierSet
from ..ids import ForkId, RRefId
from ..ivalue import RRefForkData
from ..message import Message
from ..message_type import REQUEST_TYPE, RESPONSE_TYPE, MessageType
from ..passing import CARRIERS, created_by, rrefs_passed_by
from ..recording import Record, RecordedEvent, RecordedMessage
from ..rpc_command import CLASS_OF_TYPE
from .coverage import Coverage
from .forks import Forks, RRef
from .rules import Hindsight, Rules, is_passed_on_by_owner
from .told import Certainty, Doubt, HeldFork, Reason, Remark


class Ledger:
    """Follows a conversation message by message, and tells of one moment of it.

    An owner learns of a fork by a remote call, by an RRefForkRequest, or when it passes its own
    RRef on to another worker; it forgets it at RRefUserDelete. So does the ledger. That a request
    was seen does not say that the owner counts the fork: libtorch's may count that of a remote call
    only when the function has ended. Until RemoteRet, or RRefAck, a fork is pending. A message that
    comes twice is counted once, and a delete may come before the fork that it names; `remarks`
    counts both.

    The moment is the end of what was observed, or the time `at`. Messages and events after `at`
    are observed too: a fork that is deleted then, and that no message announced, was held before;
    and they tell whether all of the recording was seen.
    """

    def __init__(self, at: int | None = None) -> None:
        if at is not None and as_int(at) is None:
            raise wrong_type("an int", at, "Ledger.at")
        self.at = at
        self.remarks: Counter[Remark] = Counter()
        self._forks = Forks(self.remarks)
        self._rules = Rules(self._forks, self.remarks)
        self._hindsight = Hindsight(self._forks)
        self._coverage = Coverage(at)
        self._named = IdentifierSet()
        self._in_flight = 0

    @property
    def forks(self) -> dict[RRef, dict[ForkId, int]]:
        """The forks that their owners count: {(owner, rref_id): {fork_id: holder}}."""
        forks: dict[RRef, dict[ForkId, int]] = {}
        for claim in self._forks.counted():
            forks.setdefault(claim.rref, {})[claim.fork_id] = claim.holder
        return forks

    @property
    def names(self) -> Mapping[int, str]:
        """The names of the workers, as far as records tell them."""
        return self._coverage.names

    @property
    def shutdown_began(self) -> Mapping[int, int]:
        """The time at which each worker first began to shut down, as events told it."""
        return self._coverage.shutdown_began

    @property
    def ended(self) -> Mapping[int, int]:
        """The time at which the recording of each worker last ended, as events told it."""
        return self._coverage.ended

    def held(self) -> list[HeldFork]:
        """Return all forks, oldest first, those that are only asked for or inferred included."""
        return self._forks.held()

    def unnamed(self) -> Iterator[tuple[int, int, int]]:
        """Yield the identifiers that a worker must have made, and that no message named.

        As (worker, first local_id, last local_id). Each worker counts up by one for each RRef and
        each fork that it makes. A missing number is a fork of its own RRef, an RRef for itself, or
        something older than the recording.
        """
        return self._named.gaps()

    def doubts(self) -> list[Doubt]:
        """Return all reasons why `held` may lack a fork, or have one too many; none if it is exact.

        It is exact if each worker's recording has its end, as many requests as the end says, and
        a response to each of them; if each identifier was named; if each delete was acknowledged;
        and if no remark was made. A worker with which no other one had to do is not missed.
        """
        return list(self._doubts())

    def observe_record(self, record: Record) -> None:
        """Take note of a message or an event of a recording. Raises as `observe` does."""
        if isinstance(record, RecordedEvent):
            self.observe_event(record)
            return
        check_type(record, RecordedMessage, "record")
        self._coverage.note_name(record.from_worker_id, record.from_worker_name)
        self._coverage.note_name(record.to_worker_id, record.to_worker_name)
        if record.native_message is not None:
            self._observe_unreadable(record)
            return
        values_left_out = record.omitted_values or record.passed_rrefs
        self.observe(
            record.from_worker_id,
            record.to_worker_id,
            record.message,
            record.time,
            record.passed_rrefs if values_left_out else None,
        )
        if record.passed_rrefs_unknown and self._is_past(record.time):
            self.remarks[Remark.UNREADABLE_PICKLE] += 1

    def observe_event(self, event: RecordedEvent) -> None:
        """Take note of an event. One that this version does not know tells it nothing."""
        check_type(event, RecordedEvent, "event")
        self._coverage.note_event(event)

    def observe(
        self,
        from_worker_id: int,
        to_worker_id: int,
        message: Message,
        time: int | None = None,
        passed_rrefs: Iterable[RRefForkData] | None = None,
    ) -> None:
        """Take note of one message; `time`, in the unit of `at`, is kept for `held`.

        `passed_rrefs` are the RRefs that the message passes on, where its values were left out;
        None: its values are in it. A message that this version does not know is counted as a
        remark. Raises DecodeError for a message whose fields are missing or out of range, before
        anything is noted of it.
        """
        check_type(message, Message, "message")
        sender = check_int(from_worker_id, WORKER_ID_RANGE, "from_worker_id")
        receiver = check_int(to_worker_id, WORKER_ID_RANGE, "to_worker_id")
        if passed_rrefs is not None:
            passed_rrefs = check_items(passed_rrefs, "passed_rrefs", RRefForkData)
        message_type, message_id = message.type, message.id
        is_past = self._is_past(time)
        # All that can fail comes first.
        created = command = remark = None
        was_open = False
        if message_type in CARRIERS:
            created = created_by(message)
            if passed_rrefs is None and (passed_rrefs := rrefs_passed_by(message)) is None:
                remark = Remark.UNREADABLE_PICKLE
        elif message_type in CLASS_OF_TYPE:
            command = CLASS_OF_TYPE[message_type].fromMessage(message)
        else:
            remark = Remark.UNKNOWN_MESSAGE
        if remark is not None and is_past:
            self.remarks[remark] += 1
        if message_type & (REQUEST_TYPE | RESPONSE_TYPE):
            is_request = bool(message_type & REQUEST_TYPE)
            was_open = self._coverage.note_message(sender, receiver, message_id, is_request, time)
        rules = self._rules if is_past else self._hindsight
        if created is not None:
            self._name(created.rref_id, created.fork_id)
            rules.create(sender, receiver, created, message_id, time)
        elif command is not None:
            self._name(getattr(command, "rref_id", None), getattr(command, "fork_id", None))
            rules.note(sender, receiver, command, message_id, time)
            if is_past and message_type is MessageType.RREF_USER_DELETE:
                self._coverage.note_delete(sender)
        for rref in passed_rrefs or ():
            self._name(rref.rref_id, rref.fork_id)
            self._coverage.note_worker(rref.owner_id)
            self._in_flight += was_open and is_passed_on_by_owner(sender, receiver, rref)
            rules.pass_on(sender, receiver, rref, time)

    def _observe_unreadable(self, record: RecordedMessage) -> None:
        """Take note of a message of which only the type and the id are known."""
        if record.is_request or record.is_response:
            ways = record.from_worker_id, record.to_worker_id
            self._coverage.note_message(*ways, record.message.id, record.is_request, record.time)
        if self._is_past(record.time):
            self.remarks[Remark.UNREADABLE_MESSAGE] += 1

    def _is_past(self, time: int | None) -> bool:
        """Whether what happens at a time has happened at the moment."""
        return self.at is None or time is None or time <= self.at

    def _name(self, *identifiers: RRefId | ForkId | None) -> None:
        for identifier in identifiers:
            if identifier is not None:
                self._named.add(identifier)

    def _doubts(self) -> Iterator[Doubt]:
        yield from self._coverage.doubts(self._named.workers())
        for worker, gaps in groupby(self._named.gaps(), key=itemgetter(0)):
            spans = tuple((first, last) for _, first, last in gaps)
            count = sum(last - first + 1 for first, last in spans)
            yield Doubt(Reason.UNNAMED, (worker,), count, spans)
        uncertain = Counter(fork.certainty for fork in self.held())
        for certainty, reason in _UNCERTAIN.items():
            if uncertain[certainty]:
                yield Doubt(reason, (), uncertain[certainty])
        if deletions := self._rules.deletions():
            yield Doubt(Reason.DELETED, (), deletions)
        if self._in_flight:
            yield Doubt(Reason.IN_FLIGHT, (), self._in_flight)
        for remark, count in self.remarks.items():
            yield Doubt(remark, (), count)


_UNCERTAIN = {Certainty.PENDING: Reason.PENDING, Certainty.INFERRED: Reason.INFERRED}
