"""The requests that await an answer: those of this worker, and those that its program answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from ..call import PythonRemoteCall, RemoteException, ScriptRemoteCall
from ..errors import LocalProtocolError, RemoteProtocolError, RRefProtoError
from ..ids import ForkId
from ..rpc_command import RpcCommandBase
from ..rref import PythonRRefFetchCall, RemoteRet, ScriptRRefFetchCall
from .effects import Effect, Send
from .rules import ANSWER_OF

# Python hashes bytes with a secret, and numbers without. So no sender can choose ids whose keys
# have the same hash, which would make each step slow.
_key = Struct("<hq").pack


class Awaited(NamedTuple):
    """A request of this worker, and the fork that it relies on, if it is a fetch."""

    request: Send
    relies_on: ForkId | None


class Requests:
    """The requests that this worker has sent, by their Message.id, until they are answered."""

    def __init__(self, effects: list[Effect]) -> None:
        self._effects = effects
        self._awaited: dict[int, Awaited] = {}
        self._next_id = 0

    def send(
        self, to_worker: int, command: RpcCommandBase, relies_on: ForkId | None = None
    ) -> Send:
        """Send a request, and await its answer."""
        request = Send(to_worker, self._next_id, command)
        self._awaited[self._next_id] = Awaited(request, relies_on)
        self._next_id += 1
        self._effects.append(request)
        return request

    def find(self, from_worker: int, message_id: int, response: RpcCommandBase) -> Awaited | None:
        """Return the request that a response answers; None where none awaits it any more.

        Raises RemoteProtocolError where the response cannot be the answer to the request.
        """
        awaited = self._awaited.get(message_id)
        if awaited is None:
            return None
        to_worker, _, command = awaited.request
        if from_worker != to_worker:
            raise RemoteProtocolError(
                f"expected an answer from worker {to_worker}, got one from worker {from_worker}"
            )
        check_answer(command, response, RemoteProtocolError)
        return awaited

    def get(self, request: Send) -> Awaited:
        """Return what is kept of a request. Raises LocalProtocolError where it awaits no answer."""
        awaited = self._awaited.get(request.message_id)
        if awaited is None or awaited.request is not request:
            raise LocalProtocolError("expected a request that awaits its answer, it awaits none")
        return awaited

    def end(self, message_id: int) -> None:
        """Await no answer to a request any more."""
        del self._awaited[message_id]

    def __iter__(self) -> Iterator[Send]:
        """Yield the requests that await their answer, the oldest first."""
        return (awaited.request for awaited in self._awaited.values())

    def __len__(self) -> int:
        return len(self._awaited)


@dataclass(slots=True, eq=False)
class Question:
    """A request of another worker that this worker's program answers. Each is one of its own."""

    from_worker: int
    message_id: int
    command: RpcCommandBase


@dataclass(slots=True, eq=False)
class Fetch(Question):
    """A fetch of an RRef that this worker owns."""

    command: ScriptRRefFetchCall | PythonRRefFetchCall


class Questions:
    """The requests of other workers that the program has not answered."""

    def __init__(self) -> None:
        # More than one only where a fetch is sent again: each copy is answered.
        self._open: dict[bytes, list[Question]] = {}

    def check_new(self, question: Question) -> None:
        """Raise RemoteProtocolError where an open request has the same id, unless it is a copy."""
        questions = self._open.get(_key(question.from_worker, question.message_id))
        if questions is None:
            return
        if not isinstance(question, Fetch) or questions[0].command != question.command:
            raise RemoteProtocolError(
                f"expected another id than that of a request without an answer, "
                f"got {question.message_id}"
            )

    def add(self, question: Question) -> None:
        """Keep a request until it is answered."""
        key = _key(question.from_worker, question.message_id)
        self._open.setdefault(key, []).append(question)

    def find(self, to_worker: int, message_id: int) -> Question:
        """Return a request. Raises LocalProtocolError where the program owes it no answer."""
        questions = self._open.get(_key(to_worker, message_id))
        if questions is None:
            raise LocalProtocolError(
                f"expected the id of a request of worker {to_worker} without an answer, "
                f"got {message_id}"
            )
        return questions[0]

    def end(self, question: Question) -> None:
        """Forget a request, which is answered."""
        key = _key(question.from_worker, question.message_id)
        self._open[key].remove(question)
        if not self._open[key]:
            del self._open[key]

    def __len__(self) -> int:
        return len(self._open)


def check_answer(
    request: RpcCommandBase, response: RpcCommandBase, error: type[RRefProtoError]
) -> None:
    """Raise an error unless a message can answer a request. A RemoteException answers any."""
    expected = ANSWER_OF[type(request)]
    if type(response) not in (expected, RemoteException):
        raise error(f"expected a {expected.__name__}, got a {type(response).__name__}")
    if isinstance(request, (ScriptRemoteCall, PythonRemoteCall)) and expected is type(response):
        created = RemoteRet(request.ret_rref_id, request.ret_fork_id)
        if response != created:
            raise error(f"expected {created}, got {response}")
