"""Values that a recording leaves out, and what it says of them instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._check import INT64_RANGE, check_int, check_str, check_type
from .._wire import unknown_fields
from ..ivalue import IValue, RRefForkData, collect_tensors
from ..message import Message, new_body
from ..passing import CARRIERS
from ..rpc_command import fromMessage
from ..v1 import message_pb2

_set = object.__setattr__  # the class is frozen


@dataclass(frozen=True, slots=True)
class OmittedValue:
    """What is said of a value that a recording leaves out: its annotation and its size in bytes.

    Fields of a later version are kept, but neither repr nor dataclasses.replace has them.
    Source: the message OmittedValue of recording.proto.
    """

    type: str
    byte_size: int
    # Fields of a later version, as they were read.
    _unknown: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        _set(self, "type", check_str(self.type, "OmittedValue.type"))
        byte_size = check_int(self.byte_size, (0, INT64_RANGE[1]), "OmittedValue.byte_size")
        _set(self, "byte_size", byte_size)

    def _to_proto(self, proto: Any) -> None:
        """Set every field of `proto`, a new generated OmittedValue."""
        proto.MergeFromString(self._unknown)
        proto.type, proto.byte_size = self.type, self.byte_size

    @classmethod
    def _from_proto(cls, proto: Any) -> OmittedValue:
        """Read a generated OmittedValue. Raises EncodeError where the size is negative."""
        value = cls(proto.type, proto.byte_size)
        if unknown := unknown_fields(proto):
            _set(value, "_unknown", unknown)
        return value


class WithoutValues(NamedTuple):
    """A message without its values, and what a recording says of them instead.

    Source: the fields of the same names of the message RecordedMessage of recording.proto.
    """

    message: Message
    omitted_values: tuple[OmittedValue, ...] = ()
    passed_rrefs: tuple[RRefForkData, ...] = ()
    passed_rrefs_unknown: bool = False


def omit_values(message: Message) -> WithoutValues:
    """Take the values out of a message: return it without them, what they were, and their RRefs.

    The values are those that a fetch returns, the arguments of a call, and its result. Identifiers
    and the name of an operator or of a TorchScript function stay. The pickle of a Python function
    is left out as a whole, with the function's name. Where it cannot be read, the RRefs in it are
    not known: `passed_rrefs_unknown` is true. Without its values a message can lack a field that
    `fromMessage` requires.

    Messages that never have values come back as they are. Raises DecodeError as `fromMessage` does.
    """
    check_type(message, Message, "omit_values")
    carrier = CARRIERS.get(message.type)
    if carrier is None:
        return WithoutValues(message)
    command = fromMessage(message)
    proto = message_pb2.Message(id=message.id)
    carrier.rest_to_proto(command, new_body(proto, command.body_field))
    omitted = tuple(map(_describe, carrier.values(command)))
    passed = carrier.rrefs(command)
    return WithoutValues(Message(proto), omitted, passed or (), passed is None)


def _describe(value: IValue) -> OmittedValue:
    tensors = collect_tensors([value])
    return OmittedValue(value.type, value.byte_size + sum(len(tensor.data) for tensor in tensors))
