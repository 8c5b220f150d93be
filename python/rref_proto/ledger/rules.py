"""What each message tells of forks: one that comes before the moment, and one that comes after."""

from __future__ import annotations

from collections import Counter

from ..call import RemoteException
from ..ivalue import RRefForkData
from ..passing import Created
from ..rpc_command import RpcCommandBase
from ..rref import (
    PythonRRefFetchCall,
    RemoteRet,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefUserDelete,
    ScriptRRefFetchCall,
)
from .forks import Claim, Forks
from .requests import Deletion, Requests
from .told import Evidence, Remark


class Rules:
    """What a message tells that is sent at the moment or before it."""

    def __init__(self, forks: Forks, remarks: Counter[Remark]) -> None:
        self._forks = forks
        self._remarks = remarks
        self._requests = Requests(remarks)

    def create(
        self, sender: int, receiver: int, created: Created, message_id: int | None, time: int | None
    ) -> None:
        """Take note of a remote call. Its answer tells that the owner counts the creator's fork."""
        rref = receiver, created.rref_id
        claim = Claim(rref, created.fork_id, sender, time, Evidence.REMOTE_CALL)
        self._requests.add_remote_call(sender, receiver, message_id, claim)
        self._forks.announce(claim)

    def pass_on(self, sender: int, receiver: int, rref: RRefForkData, time: int | None) -> None:
        """Take note of an RRef that is passed on inside a message.

        An owner knows the fork that it makes as soon as it sends it to another worker. A fork that
        comes back to the owner itself it does not keep. Of a fork that a user makes for another
        user, RRefForkRequest tells.
        """
        if rref.parent != sender:
            self._remarks[Remark.PASSED_ON_BY_ANOTHER] += 1
        if is_passed_on_by_owner(sender, receiver, rref):
            evidence = Evidence.OWNER_PASSED_IT_ON
            claim = Claim((sender, rref.rref_id), rref.fork_id, receiver, time, evidence)
            self._forks.announce(claim)

    def note(
        self,
        sender: int,
        receiver: int,
        command: RpcCommandBase,
        message_id: int | None,
        time: int | None,
    ) -> None:
        """Take note of a message that has no values."""
        match command:
            case RemoteRet(rref_id, fork_id):
                self._requests.take_remote_call(receiver, sender, message_id)
                if sender == receiver and rref_id == fork_id:
                    # An owner that called remote() on itself counts its own reference until now.
                    self._forks.end_own(fork_id)
                else:
                    rref = sender, rref_id
                    claim = Claim(rref, fork_id, receiver, time, Evidence.REMOTE_RET)
                    self._forks.announce(claim)
            case RemoteException():
                refused = self._requests.take_remote_call(receiver, sender, message_id)
                if refused is not None:
                    self._forks.refuse(refused)
            case RRefForkRequest(rref_id, fork_id):
                rref = receiver, rref_id
                claim = Claim(rref, fork_id, sender, time, Evidence.FORK_REQUEST)
                self._requests.add(sender, receiver, message_id, claim)
                self._forks.announce(claim)
            case RRefChildAccept(fork_id):
                self._requests.add(sender, receiver, message_id, None)
                # A child that accepts has been acknowledged, whatever was seen of it.
                confirmed = self._forks.pending(fork_id)
                self._forks.confirm(confirmed, Evidence.CHILD_ACCEPT)
                self._requests.drop(confirmed)
            case RRefUserDelete(rref_id, fork_id):
                self._requests.add(sender, receiver, message_id, Deletion(fork_id))
                self._forks.delete((receiver, rref_id), fork_id, sender)
            case RRefAck():
                asked = self._requests.take(receiver, sender, message_id)
                if isinstance(asked, Claim):
                    self._forks.confirm(asked, Evidence.ACKNOWLEDGEMENT)
            case ScriptRRefFetchCall(_, rref_id) | PythonRRefFetchCall(_, rref_id):
                self._forks.infer((receiver, rref_id), sender, time)

    def deletions(self) -> int:
        """Return how many forks were deleted whose owners have not acknowledged it."""
        return self._requests.deletions()


class Hindsight:
    """What a message that is sent after the moment tells of the forks at the moment.

    A fork that is announced now was not there, unless it was announced before too. One that was
    never announced, and is deleted now, was there. That holds if no announcement was missed after
    the moment.
    """

    def __init__(self, forks: Forks) -> None:
        self._forks = forks

    def create(
        self, sender: int, receiver: int, created: Created, message_id: int | None, time: int | None
    ) -> None:
        """Take note of a remote call."""
        self._forks.announce_later(created.fork_id)

    def pass_on(self, sender: int, receiver: int, rref: RRefForkData, time: int | None) -> None:
        """Take note of an RRef that is passed on inside a message."""
        if is_passed_on_by_owner(sender, receiver, rref):
            self._forks.announce_later(rref.fork_id)

    def note(
        self,
        sender: int,
        receiver: int,
        command: RpcCommandBase,
        message_id: int | None,
        time: int | None,
    ) -> None:
        """Take note of a message that has no values."""
        match command:
            case RemoteRet(_, fork_id) | RRefForkRequest(_, fork_id):
                self._forks.announce_later(fork_id)
            case RRefUserDelete(rref_id, fork_id):
                self._forks.delete_later((receiver, rref_id), fork_id, sender)


def is_passed_on_by_owner(sender: int, receiver: int, rref: RRefForkData) -> bool:
    """Tell whether the owner makes the fork inside a message, and counts it."""
    return bool(sender == rref.owner_id == rref.parent != receiver)
