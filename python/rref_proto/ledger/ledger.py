"""Who holds which fork of which RRef, told from the messages alone.

The owner of an RRef keeps such a ledger too, and a more exact one: it also knows what no message
says. Messages with values tell of the RRefs inside them, also of those that an owner passes on
itself; for these no other message announces the fork. Where such a message was not seen, this
ledger learns of the fork when its holder deletes it. When a worker fetches the value and no message
has told of a fork of that worker, the ledger infers that there is one. `unnamed` tells which
identifiers no message named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .._check import WORKER_ID_RANGE, check_int, check_items, check_type
from ..call import RemoteException
from ..ids import ForkId
from ..ivalue import RRefForkData
from ..message import Message
from ..passing import CARRIERS, Created, created_by, rrefs_passed_by
from ..recording import EventKind, Record, RecordedEvent, RecordedMessage
from ..rpc_command import CLASS_OF_TYPE, RpcCommandBase
from ..rref import (
    PythonRRefFetchCall,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
)
from .forks import Claim, Forks, RRef
from .identifiers import IdentifierSet
from .requests import Requests
from .told import HeldFork, Remark


class Ledger:
    """Follows a conversation message by message.

    An owner learns of a fork when a remote call arrives, when an RRefForkRequest arrives, or when
    it passes its own RRef on to another worker; it forgets it at RRefUserDelete. So does the
    ledger. That a request was seen does not say that it has arrived: until RemoteRet, or RRefAck,
    its fork is pending. A message that comes twice is counted once, and a delete may come before
    the fork that it names; `remarks` counts both.

    `shutdown_began` has the time at which a worker first began to shut down, `ended` the time at
    which its recording last ended, as events told them: {worker: time}.
    """

    def __init__(self) -> None:
        self.remarks: Counter[Remark] = Counter()
        self.shutdown_began: dict[int, int] = {}
        self.ended: dict[int, int] = {}
        self._forks = Forks(self.remarks)
        self._requests = Requests(self.remarks)
        self._named = IdentifierSet()

    @property
    def forks(self) -> dict[RRef, dict[ForkId, int]]:
        """The forks that their owners know: {(owner, rref_id): {fork_id: holder}}."""
        return {
            rref: {fork_id: claim.holder for fork_id, claim in claims.items()}
            for rref, claims in self._forks.known.items()
        }

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

    def observe_record(self, record: Record) -> None:
        """Take note of a message or an event of a recording. Raises as `observe` does."""
        if isinstance(record, RecordedEvent):
            self.observe_event(record)
            return
        check_type(record, RecordedMessage, "record")
        values_left_out = record.omitted_values or record.passed_rrefs
        self.observe(
            record.from_worker_id,
            record.to_worker_id,
            record.message,
            record.time,
            record.passed_rrefs if values_left_out else None,
        )

    def observe_event(self, event: RecordedEvent) -> None:
        """Take note of an event. One that this version does not know tells it nothing."""
        check_type(event, RecordedEvent, "event")
        if event.kind == EventKind.SHUTDOWN_BEGAN:
            began = self.shutdown_began.get(event.worker_id, event.time)
            self.shutdown_began[event.worker_id] = min(began, event.time)
        elif event.kind == EventKind.RECORDING_ENDED:
            ended = self.ended.get(event.worker_id, event.time)
            self.ended[event.worker_id] = max(ended, event.time)

    def observe(
        self,
        from_worker_id: int,
        to_worker_id: int,
        message: Message,
        time: int | None = None,
        passed_rrefs: Iterable[RRefForkData] | None = None,
    ) -> None:
        """Take note of one message; `time`, of any unit, is kept for `held`.

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
        message_type = message.type
        if message_type in CARRIERS:
            created = created_by(message)
            if passed_rrefs is None and (passed_rrefs := rrefs_passed_by(message)) is None:
                self.remarks[Remark.UNREADABLE_PICKLE] += 1
            if created is not None:
                self._create(sender, receiver, created, message.id, time)
        elif message_type in CLASS_OF_TYPE:
            command = CLASS_OF_TYPE[message_type].fromMessage(message)
            self._note(sender, receiver, command, message.id, time)
        else:
            self.remarks[Remark.UNKNOWN_MESSAGE] += 1
        if passed_rrefs:
            self._pass_on(sender, receiver, passed_rrefs, time)

    def _note(
        self,
        sender: int,
        receiver: int,
        command: RpcCommandBase,
        message_id: int | None,
        time: int | None,
    ) -> None:
        """Take note of a message that has no values."""
        for name in ("rref_id", "fork_id"):
            if hasattr(command, name):
                self._named.add(getattr(command, name))
        match command:
            case RemoteRet(rref_id, fork_id):
                self._requests.take_remote_call(receiver, sender, message_id)
                if sender == receiver and rref_id == fork_id:
                    # An owner that called remote() on itself counts its own reference until now.
                    self._forks.end_own(fork_id)
                else:
                    claim = Claim((sender, rref_id), fork_id, receiver, time)
                    self._forks.announce_from_owner(claim)
            case RemoteException():
                refused = self._requests.take_remote_call(receiver, sender, message_id)
                if refused is not None:
                    self._forks.refuse(refused)
            case RRefForkRequest(rref_id, fork_id):
                claim = Claim((receiver, rref_id), fork_id, sender, time)
                self._requests.add(sender, receiver, message_id, claim)
                self._forks.ask(claim)
            case RRefChildAccept(fork_id):
                self._requests.add(sender, receiver, message_id, None)
                # A child that accepts has been acknowledged, whatever was seen of it.
                confirmed = self._forks.pending(fork_id)
                self._forks.confirm(confirmed)
                self._requests.drop(confirmed)
            case RRefUserDelete(rref_id, fork_id):
                self._requests.add(sender, receiver, message_id, None)
                self._forks.delete((receiver, rref_id), fork_id, sender)
            case RRefAck():
                self._forks.confirm(self._requests.take(receiver, sender, message_id))
            case ScriptRRefFetchCall(_, rref_id) | PythonRRefFetchCall(_, rref_id):
                self._forks.infer((receiver, rref_id), sender, time)

    def _create(
        self,
        sender: int,
        receiver: int,
        created: Created,
        message_id: int | None,
        time: int | None,
    ) -> None:
        """Take note of a remote call. The owner counts the creator's fork when the call arrives."""
        self._named.add(created.rref_id)
        self._named.add(created.fork_id)
        claim = Claim((receiver, created.rref_id), created.fork_id, sender, time)
        self._requests.add_remote_call(sender, receiver, message_id, claim)
        self._forks.ask(claim)

    def _pass_on(
        self, sender: int, receiver: int, rrefs: Iterable[RRefForkData], time: int | None
    ) -> None:
        """Take note of RRefs that are passed on inside a message.

        An owner knows the fork that it makes as soon as it sends it to another worker. A fork that
        comes back to the owner itself it does not keep. Of a fork that a user makes for another
        user, RRefForkRequest tells.
        """
        for rref in rrefs:
            self._named.add(rref.rref_id)
            self._named.add(rref.fork_id)
            if sender == rref.owner_id == rref.parent != receiver:
                claim = Claim((sender, rref.rref_id), rref.fork_id, receiver, time)
                self._forks.announce_from_owner(claim)
