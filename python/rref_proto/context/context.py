"""RRefContext: one worker's part in the RRef protocol."""

from __future__ import annotations

from .._check import INT64_RANGE, WORKER_ID_RANGE, check_int, check_str, check_type
from ..call import PythonCall, PythonRemoteCall, RemoteException, ScriptCall, ScriptRemoteCall
from ..errors import LocalProtocolError
from ..ids import ForkId, RRefId
from ..ivalue import RRefForkData
from ..message_type import REQUEST_TYPE
from ..rpc_command import RpcCommandBase
from ..rref import PythonRRefFetchCall, ScriptRRefFetchCall
from .effects import Effect, Send
from .incoming import Incoming
from .references import OwnerRRef, RRef, UserRRef
from .requests import Awaited, Fetch, check_answer
from .rules import ForkEvent, ForkState
from .tables import Tables

PYTHON_TYPE = "PyObject"


class RRefContext:
    """The tables of one worker, as owner and as user, and the rules by which they change.

    It does no I/O: it takes what the worker has received and what its program does, and returns
    what is to be sent and what the program is to know. docs/context.md explains it.

    Raises LocalProtocolError where the program does what the protocol does not allow,
    RemoteProtocolError where another worker does. Then nothing has changed and nothing is to be
    sent; a request that raised RemoteProtocolError is answered with a RemoteException.
    Source: libtorch's RRefContext (torch/csrc/distributed/rpc/rref_context.h).
    """

    def __init__(self, worker_id: int) -> None:
        self._worker_id = check_int(worker_id, WORKER_ID_RANGE, "RRefContext.worker_id")
        self._tables = Tables(self._worker_id)
        self._incoming = Incoming(self._tables)
        self._next_local_id = 0

    # What the tables have.

    @property
    def worker_id(self) -> int:
        """The id of the worker."""
        return self._worker_id

    @property
    def owned(self) -> dict[RRefId, set[ForkId]]:
        """The RRefs that the worker owns, each with the forks that it counts."""
        return {rref_id: set(forks) for rref_id, forks in self._tables.owner.forks()}

    @property
    def held(self) -> tuple[UserRRef, ...]:
        """The forks that the worker holds as a user."""
        return tuple(self._tables.user)

    @property
    def awaiting(self) -> tuple[Send, ...]:
        """The requests that await an answer, the oldest first."""
        return tuple(self._tables.requests)

    @property
    def is_idle(self) -> bool:
        """Whether all is over: no RRef, no fork, no child, no request without an answer."""
        return self._tables.are_empty

    def getDebugInfo(self) -> dict[str, int]:
        """Return counts with libtorch's names. As there, an RRef without forks is not counted."""
        counted = [forks for _, forks in self._tables.owner.forks() if forks]
        return {
            "num_owner_rrefs": len(counted),
            "num_forks": sum(map(len, counted)),
            "num_pending_users": self._tables.user.count(ForkState.CALLED, ForkState.ASKED),
            "num_pending_children": self._tables.user.children,
        }

    # What the program does with RRefs.

    def createUserRRef(self, owner_id: int, type_str: str) -> UserRRef:
        """Make the identifiers of a remote call to another worker, which `call` then sends."""
        owner_id = _checked_worker(owner_id, "owner_id")
        if owner_id == self._worker_id:
            raise LocalProtocolError(f"expected another worker, got {owner_id}, which is this one")
        check_str(type_str, "type_str")
        rref_id = RRefId(self._worker_id, self._new_local_id())
        fork_id = ForkId(self._worker_id, self._new_local_id())
        rref = UserRRef(owner_id, rref_id, fork_id, type_str)
        self._tables.user.create(rref)
        return rref

    def createOwnerRRef(self, type_str: str) -> OwnerRRef:
        """Make an RRef of the worker's own: for a value, or for a remote call to itself.

        Its value is set by `setValue`, or by the remote call, which has the RRefId in the place of
        the ForkId too.
        """
        check_str(type_str, "type_str")
        rref_id = RRefId(self._worker_id, self._new_local_id())
        self._tables.owner.create(rref_id)
        return OwnerRRef(self._worker_id, rref_id, type_str)

    def prepareChildFork(self, rref: RRef, to_worker: int) -> RRefForkData:
        """Make a fork for a worker. It goes into one message to it, by `call` or `answer`."""
        check_type(rref, (UserRRef, OwnerRRef), "rref")
        to_worker = _checked_worker(to_worker, "to_worker")
        fork_id = ForkId(self._worker_id, self._next_local_id)
        fork = self._tables.passed.prepare(rref, fork_id, to_worker)
        self._next_local_id += 1
        return fork

    def cancelChildFork(self, fork: RRefForkData) -> list[Effect]:
        """Take back a fork that was made and that no message has taken along."""
        check_type(fork, RRefForkData, "fork")
        self._tables.passed.cancel(fork)
        return self._tables.take_effects()

    def drop(self, rref: RRef) -> list[Effect]:
        """Note that the program refers to the RRef once less.

        It has a reference when it makes the RRef, and one more for each time that an event brings
        it.
        """
        check_type(rref, (UserRRef, OwnerRRef), "rref")
        if isinstance(rref, OwnerRRef):
            self._tables.owner.drop(rref)
        else:
            self._tables.user.drop(rref)
        return self._tables.take_effects()

    def delAllUsersAndUnforkedOwners(self) -> list[Effect]:
        """Drop every RRef, as torch's workers do when the job shuts down.

        A fork is deleted now, or as soon as it may be: `is_idle` says when all is over.
        """
        self._tables.user.drop_all()
        self._tables.owner.drop_all()
        return self._tables.take_effects()

    # What the program does with requests.

    def call(self, to_worker: int, command: ScriptCall | PythonCall | PythonRemoteCall) -> Send:
        """Send a call, with the forks that were prepared for the callee."""
        check_type(command, (ScriptCall, PythonCall, PythonRemoteCall), "command")
        to_worker = _checked_worker(to_worker, "to_worker")
        forks = self._tables.passed.prepared_for(to_worker, command)
        if isinstance(command, (ScriptRemoteCall, PythonRemoteCall)):
            created = command.ret_rref_id, command.ret_fork_id
            if to_worker == self._worker_id:
                self._tables.owner.call(*created)
            else:
                self._tables.user.call(to_worker, *created)
        self._tables.passed.sent(forks)
        return self._send(to_worker, command)

    def fetch(self, rref: UserRRef) -> Send:
        """Ask the owner for the value. The fork does not end before the answer has come."""
        check_type(rref, UserRRef, "rref")
        self._tables.user.fetch(rref)
        call = PythonRRefFetchCall if rref.type_str == PYTHON_TYPE else ScriptRRefFetchCall
        return self._send(rref.owner_id, call(self._worker_id, rref.rref_id), rref.fork_id)

    def answer(self, to_worker: int, message_id: int, command: RpcCommandBase) -> list[Effect]:
        """Answer a ScriptCall, a PythonCall or a fetch, with the forks prepared for its sender.

        Also a fetch that still waits can be answered, with a RemoteException.
        """
        check_type(command, RpcCommandBase, "command")
        to_worker = _checked_worker(to_worker, "to_worker")
        message_id = check_int(message_id, INT64_RANGE, "message_id")
        question = self._tables.questions.find(to_worker, message_id)
        check_answer(question.command, command, LocalProtocolError)
        forks = self._tables.passed.prepared_for(to_worker, command)
        if isinstance(question, Fetch):
            self._tables.owner.check_answer(question, command)
        self._tables.passed.sent(forks)
        self._tables.questions.end(question)
        self._tables.add(Send(to_worker, message_id, command))
        if isinstance(question, Fetch):
            self._tables.owner.answered(question)
        return self._tables.take_effects()

    def setValue(self, rref_id: RRefId) -> list[Effect]:
        """Note that an own RRef has its value: by a remote call that has ended, or the program's.

        The remote call is answered now, and each fetch that waits wants the value.
        """
        check_type(rref_id, RRefId, "rref_id")
        self._tables.owner.set_value(rref_id)
        return self._tables.take_effects()

    def setError(self, rref_id: RRefId, error: RemoteException) -> list[Effect]:
        """Note that an own RRef has an error in place of its value.

        The remote call is answered as if it had not failed, and each fetch with the error.
        """
        check_type(rref_id, RRefId, "rref_id")
        check_type(error, RemoteException, "error")
        self._tables.owner.set_error(rref_id, error)
        return self._tables.take_effects()

    def abandon(self, request: Send) -> list[Effect]:
        """Do not wait any more for the answer to a ScriptCall, a PythonCall or a fetch.

        If it comes all the same, its RRefs are accepted and dropped. The answers to other requests
        are needed to end forks: they are still awaited.
        """
        awaited = self._awaited(request)
        if not isinstance(request.command, (ScriptRemoteCall, PythonRemoteCall)):
            self._incoming.end_without_answer(awaited, ForkEvent.CALL_REFUSED)
        return self._tables.take_effects()

    def unsend(self, message: Send) -> list[Effect]:
        """Take back a call, a fetch, or an answer to them, that was certainly not sent.

        The forks in it are not passed on, and a remote call can be sent again with the same
        identifiers. Messages that tell other workers of forks cannot be taken back: nothing
        changes, and they can be sent again.
        """
        check_type(message, Send, "message")
        if message.command.message_type & REQUEST_TYPE:
            awaited = self._awaited(message)
            self._incoming.end_without_answer(awaited, ForkEvent.CALL_UNSENT)
        self._tables.passed.take_back_all(message.command)
        return self._tables.take_effects()

    # What other workers do.

    def receive(self, from_worker: int, message_id: int, command: RpcCommandBase) -> list[Effect]:
        """Take a message. A response has the id of the request, which this worker has sent.

        The fork of each RRef in it is accepted, also where it is a response that comes too late.
        """
        check_type(command, RpcCommandBase, "command")
        from_worker = _checked_worker(from_worker, "from_worker")
        message_id = check_int(message_id, INT64_RANGE, "message_id")
        if command.message_type & REQUEST_TYPE:
            self._incoming.take_request(from_worker, message_id, command)
        else:
            self._incoming.take_response(from_worker, message_id, command)
        return self._tables.take_effects()

    def _send(
        self, to_worker: int, command: RpcCommandBase, relies_on: ForkId | None = None
    ) -> Send:
        request = self._tables.requests.send(to_worker, command, relies_on)
        self._tables.take_effects()  # it is returned by itself
        return request

    def _awaited(self, request: Send) -> Awaited:
        check_type(request, Send, "request")
        return self._tables.requests.get(request)

    def _new_local_id(self) -> int:
        self._next_local_id += 1
        return self._next_local_id - 1


def _checked_worker(worker_id: int, where: str) -> int:
    return check_int(worker_id, WORKER_ID_RANGE, where)
