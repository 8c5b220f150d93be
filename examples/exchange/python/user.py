"""A user of an RRef, over standard input and output; ../owner.py is the other side.

Worker 2 has been passed RRef (1, 0) by worker 1, its parent, as fork (1, 2). It becomes known to
the owner, worker 0, fetches the value, sets its parent free, and lets its fork go.
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
    """Send a request to `worker` and return its response."""
    message = request.toMessage().with_id(message_id)
    write_recording(sys.stdout.buffer, [RecordedMessage(time.time_ns(), USER, worker, message)])
    sys.stdout.buffer.flush()
    response = next(received).message
    # An RRefAck does not say what it acknowledges; its id does.
    assert response.id == message_id, f"expected the response {message_id}, got {response!r}"
    return fromMessage(response)


def main() -> None:
    """Send what a user sends, from the fork's beginning to its end."""
    # The owner does not know this fork yet; only the parent's own fork keeps the value there.
    assert call(OWNER, 1, RRefForkRequest(RREF, FORK)) == RRefAck()

    # Now it knows, so the value stays where it is until the delete below.
    fetched = call(OWNER, 2, ScriptRRefFetchCall(USER, RREF))
    assert isinstance(fetched, ScriptRRefFetchRet)
    tensor = fetched.values()[0].to_python()
    print(tensor.dtype, tensor.sizes, tensor.data.cast("f").tolist(), file=sys.stderr)

    # The parent has kept its fork for this one's sake, and need not any more.
    assert call(PARENT, 3, RRefChildAccept(FORK)) == RRefAck()

    # The last message that names this fork. With its last fork the owner lets the value go.
    assert call(OWNER, 4, RRefUserDelete(RREF, FORK)) == RRefAck()


if __name__ == "__main__":
    main()
