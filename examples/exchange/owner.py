"""The owner of an RRef and the parent of a fork. The user may be a program in any language.

    python owner.py COMMAND...

COMMAND starts the user. It reads messages from standard input, writes messages to standard output,
and ends. Both pipes have the format of a recording, *.rref: each record has the sender and the
receiver of its message.

Worker 1 (the parent) created RRef (1, 0) on worker 0 (the owner) and has passed it on to worker 2
(the user) as fork (1, 2).
"""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from typing import BinaryIO, cast

from rref_proto import (
    ForkId,
    IValue,
    Ledger,
    RecordedMessage,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
    read_recording,
    write_recording,
)

OWNER, PARENT, USER = 0, 1, 2
RREF = RRefId(PARENT, 0)
PARENTS_FORK, USERS_FORK = ForkId(PARENT, 1), ForkId(PARENT, 2)
VALUE = Tensor(ScalarType.float32, (2, 3), struct.pack("<6f", *range(6)))


def answer(worker: int, request: RpcCommandBase, ledger: Ledger) -> RpcCommandBase:
    """Return what `worker` answers to a request of the user."""
    if worker == OWNER and request in (
        RRefForkRequest(RREF, USERS_FORK),
        RRefUserDelete(RREF, USERS_FORK),
    ):
        return RRefAck()
    # A fetch does not keep the value. So a user must first make its fork known to the owner.
    fork_is_known = USERS_FORK in ledger.forks.get((OWNER, RREF), {})
    if worker == OWNER and request == ScriptRRefFetchCall(USER, RREF) and fork_is_known:
        return ScriptRRefFetchRet([IValue.from_python(VALUE)])
    if worker == PARENT and request == RRefChildAccept(USERS_FORK):
        # The owner knows the child, so the parent may delete its own fork.
        ledger.observe(PARENT, OWNER, RRefUserDelete(RREF, PARENTS_FORK).toMessage())
        return RRefAck()
    raise ValueError(f"worker {worker} did not expect {request}")


def main(command: list[str]) -> None:
    """Start the user, answer it until it ends, and check that nothing is held."""
    ledger = Ledger()
    # The parent's own fork. The owner knows it from the remote call that created the RRef.
    ledger.observe(OWNER, PARENT, RemoteRet(RREF, PARENTS_FORK).toMessage())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        requests = 0
        to_user, from_user = cast(BinaryIO, user.stdin), cast(BinaryIO, user.stdout)
        for record in read_recording(from_user):
            if not isinstance(record, RecordedMessage):
                sys.exit(f"expected a message, got {record}")
            worker, message = record.to_worker_id, record.message
            ledger.observe(USER, worker, message)
            # A response has the id of its request, so the user can match the two.
            response = answer(worker, fromMessage(message), ledger).toMessage().with_id(message.id)
            ledger.observe(worker, USER, response)
            write_recording(to_user, [RecordedMessage(time.time_ns(), worker, USER, response)])
            to_user.flush()
            requests += 1
    if user.returncode:
        sys.exit(f"the user ended with status {user.returncode}")
    if requests != 4:
        sys.exit(f"expected the four requests of the exchange, got {requests}")
    if ledger.forks:
        sys.exit(f"still held: {ledger.forks}")


if __name__ == "__main__":
    main(sys.argv[1:])
