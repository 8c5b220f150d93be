"""The values that messages carry, and the RRefs that are passed on inside them.

One table has a row for each class of messages with values. What a recording says of values that it
leaves out, and what the ledger learns of RRefs that are passed on, both go by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .ivalue import IValue, RRefForkData
from .message import Message
from .message_type import MessageType
from .rpc_command import RpcCommandBase, fromMessage
from .rref import PythonRRefFetchRet, ScriptRRefFetchRet

RRefs = tuple[RRefForkData, ...]


class Carrier(NamedTuple):
    """How the messages of one class carry values."""

    # Returns the values of an object of the class.
    values: Callable[[Any], Sequence[IValue]]
    # Returns the RRefs that an object of the class passes on, each of them once.
    rrefs: Callable[[Any], RRefs]
    # Sets all fields of a new generated message but those of the values.
    rest_to_proto: Callable[[RpcCommandBase, Any], None]


def rrefs_in(values: Iterable[IValue]) -> RRefs:
    """Return each RRef inside `values` once, in the order in which they are met."""
    return tuple(dict.fromkeys(rref for value in values for rref in value.rrefs()))


def rrefs_passed_by(message: Message) -> RRefs:
    """Return the RRefs that a message passes on, each of them once.

    Raises DecodeError as `fromMessage` does, for a message with values.
    """
    carrier = CARRIERS.get(message.type)
    return carrier.rrefs(fromMessage(message)) if carrier else ()


def _nothing_to_proto(command: RpcCommandBase, body: Any) -> None:
    """Set no field: a fetch return has nothing but values."""


CARRIERS: dict[MessageType, Carrier] = {
    ScriptRRefFetchRet.message_type: Carrier(
        lambda ret: ret.values(), lambda ret: rrefs_in(ret.values()), _nothing_to_proto
    ),
    # Its values are tensors and a pickle, which is not read, so it has no RRefs that are known.
    PythonRRefFetchRet.message_type: Carrier(
        lambda ret: ret.values(), lambda _: (), _nothing_to_proto
    ),
}
