"""What the messages of other workers do."""

from __future__ import annotations

from ..call import (
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    RemoteException,
    ScriptCall,
    ScriptRemoteCall,
    ScriptResp,
)
from ..errors import RemoteProtocolError
from ..ids import ForkId, RRefId
from ..rpc_command import RpcCommandBase
from ..rref import (
    PythonRRefFetchCall,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefFetchRet,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
)
from .effects import Answered, Called, Failed, Send
from .requests import Awaited, Fetch, Question
from .rules import FETCH_CALLS, ForkEvent
from .tables import Tables


class Incoming:
    """Takes requests and responses, and changes the tables by them."""

    def __init__(self, tables: Tables) -> None:
        self._worker_id = tables.worker_id
        self._user = tables.user
        self._owner = tables.owner
        self._passed = tables.passed
        self._requests = tables.requests
        self._questions = tables.questions
        self._add = tables.add

    def take_request(self, worker: int, message_id: int, command: RpcCommandBase) -> None:
        """Take a request. Each answers it, or lets the program do so."""
        match command:
            case ScriptRemoteCall() | PythonRemoteCall():
                self._take_remote_call(worker, message_id, command)
            case ScriptCall() | PythonCall():
                question = Question(worker, message_id, command)
                self._questions.check_new(question)
                rrefs = self._passed.acceptable(worker, command)
                self._questions.add(question)
                accepted = self._passed.accept(rrefs)
                self._add(Called(worker, message_id, command, accepted))
            case ScriptRRefFetchCall(_, rref_id) | PythonRRefFetchCall(_, rref_id):
                self._take_fetch(Fetch(worker, message_id, command), rref_id)
            case RRefForkRequest(rref_id, fork_id):
                self._owner.fork_requested(rref_id, fork_id)
                self._add(Send(worker, message_id, RRefAck()))
            case RRefChildAccept(fork_id):
                self._user.check_accept(worker, fork_id)
                self._add(Send(worker, message_id, RRefAck()))
                self._user.remove_child(fork_id)
            case RRefUserDelete(rref_id, fork_id):
                if rref_id == fork_id:  # that of a remote call to oneself: RemoteRet ends it
                    raise RemoteProtocolError(f"expected a user's fork to end, got {fork_id}")
                self._add(Send(worker, message_id, RRefAck()))
                self._owner.stop_counting(rref_id, fork_id)

    def _take_remote_call(
        self, worker: int, message_id: int, command: ScriptRemoteCall | PythonRemoteCall
    ) -> None:
        created = command.ret_rref_id, command.ret_fork_id
        self._check_created(worker, *created)
        if self._owner.knows_call(*created):
            self._owner.call_came_again(worker, message_id, *created)
            return
        try:
            rrefs = self._passed.acceptable(worker, command)
        except RemoteProtocolError as error:
            # An error as the answer would leave the creator's fork without an end.
            self._owner.call_came(worker, message_id, *created)
            self._passed.accept_and_drop(worker, command)
            self._owner.set_error(command.ret_rref_id, RemoteException(str(error)))
        else:
            self._owner.call_came(worker, message_id, *created)
            accepted = self._passed.accept(rrefs)
            self._add(Called(worker, message_id, command, accepted))

    def _check_created(self, worker: int, rref_id: RRefId, fork_id: ForkId) -> None:
        """Raise RemoteProtocolError unless a worker has made these identifiers for a call."""
        is_own = worker == self._worker_id
        if not rref_id.created_on == fork_id.created_on == worker or is_own != (rref_id == fork_id):
            raise RemoteProtocolError(
                f"expected identifiers of worker {worker} for a remote call, "
                f"got {rref_id} and {fork_id}"
            )

    def _take_fetch(self, fetch: Fetch, rref_id: RRefId) -> None:
        if self._owner.has_ended(rref_id):
            error = RemoteException(f"expected an RRef that has not ended, got {rref_id}")
            self._add(Send(fetch.from_worker, fetch.message_id, error))
            return
        self._questions.check_new(fetch)
        self._questions.add(fetch)
        self._owner.fetch_came(fetch)

    def take_response(self, worker: int, message_id: int, command: RpcCommandBase) -> None:
        """Take a response. If none awaits it any more, its forks are accepted all the same."""
        awaited = self._requests.find(worker, message_id, command)
        if awaited is None:
            self._passed.accept_and_drop(worker, command)
        elif isinstance(command, RemoteException):
            self._add(Failed(awaited.request, command))
            self.end_without_answer(awaited, ForkEvent.CALL_REFUSED)
        else:
            rrefs = self._passed.acceptable(worker, command)
            self._requests.end(message_id)
            match command, awaited.request.command:
                case RemoteRet(rref_id, fork_id), _ if rref_id == fork_id:
                    self._owner.stop_counting(rref_id, fork_id)
                case RemoteRet(_, fork_id), _:
                    self._user.happen(fork_id, ForkEvent.CALL_RETURNED)
                case RRefAck(), RRefForkRequest(_, fork_id):
                    self._user.happen(fork_id, ForkEvent.ACKNOWLEDGED)
                case RRefAck(), _:
                    pass
                case ((ScriptResp() | PythonResp() | RRefFetchRet()), _):
                    accepted = self._passed.accept(rrefs)
                    self._add(Answered(message_id, command, accepted))
                    if awaited.relies_on is not None:
                        self._user.end_fetch(awaited.relies_on)

    def end_without_answer(self, awaited: Awaited, event: ForkEvent) -> None:
        """Do not wait any more for the answer to a call or a fetch.

        `event` happens to the fork of a remote call. What tells another worker of forks still
        awaits its answer: it can be sent again.
        """
        to_worker, message_id, command = awaited.request
        if not isinstance(command, (ScriptCall, PythonCall, PythonRemoteCall, *FETCH_CALLS)):
            return
        self._requests.end(message_id)
        if awaited.relies_on is not None:
            self._user.end_fetch(awaited.relies_on)
        elif isinstance(command, (ScriptRemoteCall, PythonRemoteCall)):
            if to_worker == self._worker_id:
                self._owner.call_unsent(command.ret_rref_id, command.ret_fork_id)
            else:
                self._user.happen(command.ret_fork_id, event)
