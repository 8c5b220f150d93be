"""A user of an RRef, which ../owner.py starts and answers.

Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The user
makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes the
fork. Standard input and output carry RecordedMessages in protobuf's delimited format.
"""

from __future__ import annotations

import sys
import time

from rref_proto import (
    ForkId,
    RecordedMessage,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    fromMessage,
    read_recording,
    write_recording,
)

OWNER, PARENT, USER = 0, 1, 2
RREF, FORK = RRefId(1, 0), ForkId(1, 2)

received = read_recording(sys.stdin.buffer)


def call(worker: int, message_id: int, request: RpcCommandBase) -> RpcCommandBase:
    """Send a request to a worker and return the response."""
    message = request.toMessage().with_id(message_id)
    write_recording(sys.stdout.buffer, [RecordedMessage(time.time_ns(), USER, worker, message)])
    sys.stdout.buffer.flush()
    record = next(received)
    if not isinstance(record, RecordedMessage):
        raise ValueError(f"expected a message, got {record}")
    response = record.message
    # An RRefAck says only by its id which request it answers.
    if response.id != message_id:
        raise ValueError(f"expected the response {message_id}, got {response!r}")
    return fromMessage(response)


def tell(worker: int, message_id: int, request: RpcCommandBase) -> None:
    """Send a request that is answered by an RRefAck."""
    response = call(worker, message_id, request)
    if response != RRefAck():
        raise ValueError(f"expected an RRefAck, got {response!r}")


def main() -> None:
    """Send all that a user sends for its fork, from the first message to the last."""
    # The owner does not know this fork yet. Until then only the parent's fork keeps the value.
    tell(OWNER, 1, RRefForkRequest(RREF, FORK))

    # The owner knows the fork now, so it keeps the value until the delete below.
    match call(OWNER, 2, ScriptRRefFetchCall(USER, RREF)):
        case ScriptRRefFetchRet([value]):
            tensor = value.to_python()
            print(tensor.dtype, tensor.sizes, tensor.data.cast("f").tolist(), file=sys.stderr)
        case response:
            raise ValueError(f"expected a ScriptRRefFetchRet with one value, got {response!r}")

    # The parent has kept its own fork, to keep the value. After this message it may delete it.
    tell(PARENT, 3, RRefChildAccept(FORK))

    # The last message about this fork. When all forks are deleted, the owner frees the value.
    tell(OWNER, 4, RRefUserDelete(RREF, FORK))


if __name__ == "__main__":
    main()
