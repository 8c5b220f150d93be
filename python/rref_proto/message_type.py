"""MessageType: the numbers that libtorch's RPC agents see."""

from __future__ import annotations

from enum import IntEnum

REQUEST_TYPE = 0x100
RESPONSE_TYPE = 0x200


class MessageType(IntEnum):
    """libtorch's message types: a low byte, plus 0x100 for requests and 0x200 for responses.

    Source: the enum MessageType of message.proto; libtorch's MessageType.
    """

    SCRIPT_CALL = 0x100
    SCRIPT_RET = 0x201
    PYTHON_CALL = 0x102
    PYTHON_RET = 0x203
    SCRIPT_REMOTE_CALL = 0x104
    PYTHON_REMOTE_CALL = 0x105
    REMOTE_RET = 0x206
    SCRIPT_RREF_FETCH_CALL = 0x107
    PYTHON_RREF_FETCH_CALL = 0x108
    SCRIPT_RREF_FETCH_RET = 0x209
    PYTHON_RREF_FETCH_RET = 0x20A
    RREF_USER_DELETE = 0x10B
    RREF_FORK_REQUEST = 0x10C
    RREF_CHILD_ACCEPT = 0x10D
    RREF_ACK = 0x20E
    FORWARD_AUTOGRAD_REQ = 0x10F
    FORWARD_AUTOGRAD_RESP = 0x210
    BACKWARD_AUTOGRAD_REQ = 0x111
    BACKWARD_AUTOGRAD_RESP = 0x212
    CLEANUP_AUTOGRAD_CONTEXT_REQ = 0x113
    CLEANUP_AUTOGRAD_CONTEXT_RESP = 0x214
    RUN_WITH_PROFILING_REQ = 0x115
    RUN_WITH_PROFILING_RESP = 0x216
    RREF_BACKWARD_REQ = 0x117
    RREF_BACKWARD_RESP = 0x218
    EXCEPTION = 0x237
    UNKNOWN = 0x3C

    def __repr__(self) -> str:
        return f"MessageType.{self.name}"


# By the name of a field in Message.body, the type of the message that is in it. The number of the
# field is the low byte of the type, but for SCRIPT_CALL's: that is 0, which is no field number.
# Filled by the table of bodies.py.
TYPE_OF_FIELD: dict[str, MessageType] = {}
