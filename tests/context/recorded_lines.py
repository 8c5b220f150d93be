"""The messages of a recording as a replay takes them: numbered, and with all RRefs in values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from rref_proto import (
    IValue,
    MessageType,
    PythonCall,
    PythonRemoteCall,
    PythonResp,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RecordedMessage,
    RpcCommandBase,
    RRefForkData,
    ScriptRemoteCall,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    fromMessage,
)
from rref_proto.passing import created_by, rrefs_passed_by


class Line(NamedTuple):
    """One message of the conversation. `number` is the id of the request, also in its response."""

    time: int
    sender: int
    receiver: int
    number: int
    command: RpcCommandBase
    passed: tuple[RRefForkData, ...]


def numbered(records: Sequence[RecordedMessage]) -> list[Line]:
    """Return the messages, and give ids to those that have none.

    A worker's requests have the ids 0, 1 and so on. A response without an id is an exception, and
    answers the oldest request that has no other answer.
    """
    sent: Counter[int] = Counter()
    answered = {(r.to_worker_id, r.message.id) for r in records if not r.is_request}
    unanswered: dict[int, list[int]] = defaultdict(list)
    lines = []
    for record in records:
        sender, receiver, number = record.from_worker_id, record.to_worker_id, record.message.id
        if record.is_request:
            number = sent[sender] if number is None else number
            sent[sender] += 1
            if (sender, number) not in answered:
                unanswered[sender].append(number)
        elif number is None:
            number = unanswered[receiver].pop(0)
        assert number is not None
        command = _complete(record)
        passed = rrefs_passed_by(command.toMessage())
        assert passed is not None
        lines.append(Line(record.time, sender, receiver, number, command, passed))
    return lines


def _complete(record: RecordedMessage) -> RpcCommandBase:
    """Return the message, and in the place of values that were left out, the RRefs in them."""
    if not record.omitted_values:
        return _as_specified(record)
    rrefs = [IValue("rref_value", rref) for rref in record.passed_rrefs]
    pickle = SerializedPyObj.from_python(record.passed_rrefs)
    created = created_by(record.message)
    match record.message.type:
        case MessageType.PYTHON_CALL:
            return PythonCall(pickle, False)
        case MessageType.PYTHON_RET:
            return PythonResp(pickle)
        case MessageType.PYTHON_RREF_FETCH_RET:
            return PythonRRefFetchRet(pickle.toIValues())
        case MessageType.SCRIPT_RREF_FETCH_RET:
            return ScriptRRefFetchRet([IValue("tuple_value", rrefs)])
        case MessageType.PYTHON_REMOTE_CALL:
            assert created is not None
            return PythonRemoteCall(pickle, *created, False)
        case MessageType.SCRIPT_REMOTE_CALL:
            assert created is not None
            return ScriptRemoteCall("__torch__.unknown", rrefs, *created)
    raise AssertionError(f"{record} has values")


def _as_specified(record: RecordedMessage) -> RpcCommandBase:
    """Return the message, but of a fetch the worker that asks: libtorch puts the owner there."""
    command = fromMessage(record.message)
    if isinstance(command, (ScriptRRefFetchCall, PythonRRefFetchCall)):
        assert command.from_worker_id == record.to_worker_id
        return type(command)(record.from_worker_id, command.rref_id)
    return command
