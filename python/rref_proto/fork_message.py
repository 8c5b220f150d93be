"""RRefMessageBase, ForkMessageBase and ForkMessage: bases of the messages that a job sends most.

The messages with an RRefId and a ForkId are so small and so many that every call in Python counts.
Measured on RRefUserDelete, against the shortest code on the generated classes that does the same
(`make bench`): by RpcCommandBase writing takes 2.4 times as long and reading 4.0 times, by this
file 1.6 and 2.3 times. There are two reasons. `fromMessage` reads the four numbers at once, and
asks whether a field is present only where both of its numbers are zero. `serialize_message` fills
generated messages that were used before, since to make new ones takes half of the time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, TypeVar

from ._check import check_type
from .ids import ForkId, RRefId, read_required_id, read_two_ids, write_two_ids
from .message import Message, new_body, received_proto
from .rpc_command import RpcCommandBase, base_class_error
from .tensor import Tensor, TensorTable
from .v1 import message_pb2

_Fork = TypeVar("_Fork", bound="ForkMessage")
_new = object.__new__


@dataclass(frozen=True, slots=True, init=False)
class RRefMessageBase(RpcCommandBase):
    """Base of the messages that name an RRef. Source: libtorch's RRefMessageBase."""

    rref_id: RRefId

    def rrefId(self) -> RRefId:
        """Return `rref_id`."""
        return self.rref_id


@dataclass(frozen=True, slots=True, init=False)
class ForkMessageBase(RRefMessageBase):
    """Base of the messages that name an RRef and a fork. Source: libtorch's ForkMessageBase."""

    fork_id: ForkId

    def forkId(self) -> ForkId:
        """Return `fork_id`."""
        return self.fork_id


class ForkMessage(ForkMessageBase):
    """What RRefUserDelete, RemoteRet and RRefForkRequest have in common: all but the name."""

    __slots__ = ()

    def __init__(self, rref_id: RRefId, fork_id: ForkId) -> None:
        if type(self) is ForkMessage:
            raise base_class_error(ForkMessage)
        if type(rref_id) is not RRefId or type(fork_id) is not ForkId:
            check_type(rref_id, RRefId, f"{type(self).__name__}.rref_id")
            check_type(fork_id, ForkId, f"{type(self).__name__}.fork_id")
        _set_rref_id(self, rref_id)
        _set_fork_id(self, fork_id)

    @classmethod
    def fromMessage(cls: type[_Fork], message: Message) -> _Fork:
        """Return the object that `message` holds; see RpcCommandBase.fromMessage."""
        field = getattr(cls, "body_field", "")
        proto = received_proto(message) if field else None
        if proto is not None and (ids := read_two_ids(getattr(proto, field))):
            command = _new(cls)
            _set_rref_id(command, ids[0])
            _set_fork_id(command, ids[1])
            return command
        return super().fromMessage(message)

    @classmethod
    def _from_proto(cls: type[_Fork], body: Any, tensors: tuple[Tensor, ...]) -> _Fork:
        rref_id = read_required_id(RRefId, body, "rref_id")
        return cls(rref_id, read_required_id(ForkId, body, "fork_id"))

    def _to_proto(self, body: Any, table: TensorTable) -> None:
        self.rref_id._to_proto(body.rref_id)
        self.fork_id._to_proto(body.fork_id)

    def serialize_message(self, message_id: int | None, tensors: tuple[Tensor, ...] = ()) -> bytes:
        """Serialize a Message of this object, in a generated message that was used before."""
        unused = _UNUSED[self.body_field]
        try:
            generated = unused.pop()
        except IndexError:
            generated = _new_generated(self.body_field)
        proto, rref_id, fork_id = generated
        write_two_ids(self.rref_id, self.fork_id, rref_id, fork_id)
        if message_id is None:
            wire: bytes = proto.SerializeToString()
        else:
            proto.id = message_id
            wire = proto.SerializeToString()
            proto.ClearField("id")
        unused.append(generated)
        return wire


# A generated Message with the RRefId and the ForkId in its body.
_Generated = tuple[message_pb2.Message, Any, Any]


def _new_generated(body_field: str) -> _Generated:
    proto = message_pb2.Message()
    body = new_body(proto, body_field)
    body.rref_id.SetInParent()
    body.fork_id.SetInParent()
    return proto, body.rref_id, body.fork_id


# By the field of the body, generated messages to fill. A list's pop and append are atomic, so
# threads, or a finalizer that sends in the midst of a send, never share one.
_UNUSED: defaultdict[str, list[_Generated]] = defaultdict(list)

# The classes are frozen, so attributes are set by the slots' own setters. Both are those of the
# subclass, which on Python 3.10 has a slot of its own for the inherited field.
_fork_class: Any = ForkMessageBase
_set_rref_id = _fork_class.rref_id.__set__
_set_fork_id = _fork_class.fork_id.__set__
