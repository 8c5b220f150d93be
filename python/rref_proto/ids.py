"""GloballyUniqueId, RRefId and ForkId: pairs of numbers."""

from __future__ import annotations

from functools import total_ordering
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from ._check import INT64_RANGE, WORKER_ID_RANGE, check_int, check_type
from .errors import DecodeError
from .v1 import ivalue_pb2

if TYPE_CHECKING:
    from .ivalue import IValue

_Id = TypeVar("_Id", bound="GloballyUniqueId")
_new = object.__new__
# Another number in each process. Without it, a sender could choose thousands of identifiers with
# one hash, and each of them would be compared with all others in a dict.
_SECRET = hash("GloballyUniqueId")


@total_ordering
class GloballyUniqueId:
    """An identifier that no other worker and no other time in a job makes again.

    `created_on` is the id of the worker that made it, an int16; `local_id` that worker's counter,
    an int64. Equality, order and hash go by the two numbers, as in libtorch, where RRefId and
    ForkId are this very type.

    Raises EncodeError where a number is out of range, TypeError where it is no integer.
    Source: libtorch's GloballyUniqueId (torch/csrc/distributed/rpc/types.h).
    """

    # Private slots behind properties: the cheapest immutable object that Python has.
    __slots__ = ("_created_on", "_local_id")
    __match_args__ = ("created_on", "local_id")

    _created_on: int
    _local_id: int

    def __init__(self, created_on: int, local_id: int) -> None:
        # These are WORKER_ID_RANGE and INT64_RANGE. Written out, they are checked faster.
        if (
            type(created_on) is int
            and type(local_id) is int
            and -0x8000 <= created_on <= 0x7FFF
            and -0x8000000000000000 <= local_id <= 0x7FFFFFFFFFFFFFFF
        ):
            self._created_on = created_on
            self._local_id = local_id
        else:
            name = type(self).__name__
            self._created_on = check_int(created_on, WORKER_ID_RANGE, f"{name}.created_on")
            self._local_id = check_int(local_id, INT64_RANGE, f"{name}.local_id")

    # Read by attrgetter, which is faster than a function in Python.
    created_on: int = property(  # type: ignore[assignment]
        attrgetter("_created_on"), doc="The worker that made the identifier."
    )
    local_id: int = property(  # type: ignore[assignment]
        attrgetter("_local_id"), doc="The value of its counter when it made the identifier."
    )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GloballyUniqueId):
            return NotImplemented
        return self._created_on == other._created_on and self._local_id == other._local_id

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, GloballyUniqueId):
            return NotImplemented
        return (self._created_on, self._local_id) < (other._created_on, other._local_id)

    def __hash__(self) -> int:
        return hash((self._created_on, self._local_id ^ _SECRET))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._created_on}, {self._local_id})"

    def __reduce__(self) -> tuple[type[GloballyUniqueId], tuple[int, int]]:
        return type(self), (self._created_on, self._local_id)

    def _to_proto(self, proto: Any) -> None:
        """Set both fields of `proto`, a generated RRefId or ForkId."""
        proto.created_on = self._created_on
        proto.local_id = self._local_id

    @classmethod
    def _from_proto(cls: type[_Id], proto: Any) -> _Id:
        """Read a generated RRefId or ForkId. Raises DecodeError where no worker has such an id."""
        identifier = _new(cls)
        identifier._created_on = _checked_worker_id(proto.created_on, "created_on")
        identifier._local_id = proto.local_id
        return identifier

    def toIValue(self) -> IValue:
        """Return the tuple (created_on, local_id), as libtorch's payloads hold it."""
        numbers = {"int_value": self._created_on}, {"int_value": self._local_id}
        proto = ivalue_pb2.IValue(tuple_value={"elements": numbers})
        return _ivalue_class()._from_proto(proto, ())

    @classmethod
    def fromIValue(cls: type[_Id], ivalue: IValue) -> _Id:
        """Read back what `toIValue` returned. Raises DecodeError for any other value."""
        check_type(ivalue, _ivalue_class(), f"{cls.__name__}.fromIValue")
        elements = ivalue.value if ivalue.kind == "tuple_value" else (ivalue,)
        kinds = [element.kind for element in elements]
        if kinds != ["int_value", "int_value"]:
            raise DecodeError(f"expected a tuple of two ints, got {', '.join(kinds)}", cls.__name__)
        created_on, local_id = (element.value for element in elements)
        return cls(_checked_worker_id(created_on, f"{cls.__name__}.created_on"), local_id)


class RRefId(GloballyUniqueId):
    """Names an RRef. `created_on` is the worker that called remote(), not necessarily the owner.

    Source: the message RRefId of ids.proto; libtorch's RRefId.
    """

    __slots__ = ()


class ForkId(GloballyUniqueId):
    """Names one reference to an RRef. `created_on` is the worker that passed the RRef on.

    Source: the message ForkId of ids.proto; libtorch's ForkId.
    """

    __slots__ = ()


def read_required_id(cls: type[_Id], parent: Any, field: str) -> _Id:
    """Read the required field `field`, an RRefId or ForkId, of a generated message.

    Raises DecodeError where it is missing or out of range.
    """
    proto = getattr(parent, field)
    # Asking for presence is slow, and only two zeros leave it open.
    if not (proto.created_on or proto.local_id) and not parent.HasField(field):
        raise DecodeError(f"expected an {cls.__name__}, found none", field)
    try:
        return cls._from_proto(proto)
    except DecodeError as error:
        raise error.within(field) from None


def read_two_ids(proto: Any) -> tuple[RRefId, ForkId] | None:
    """Read `rref_id` and `fork_id` of a generated message, both in one go: see fork_message.py.

    Returns None where that leaves something open: a number is out of range, or an identifier is
    two zeros, so that only asking for its presence tells whether it is there.
    """
    rref_id, fork_id = proto.rref_id, proto.fork_id
    rref_creator, rref_number = rref_id.created_on, rref_id.local_id
    fork_creator, fork_number = fork_id.created_on, fork_id.local_id
    if (
        (rref_number or rref_creator)
        and (fork_number or fork_creator)
        and -0x8000 <= rref_creator <= 0x7FFF
        and -0x8000 <= fork_creator <= 0x7FFF
    ):
        rref, fork = _new(RRefId), _new(ForkId)
        rref._created_on, rref._local_id = rref_creator, rref_number
        fork._created_on, fork._local_id = fork_creator, fork_number
        return rref, fork
    return None


def write_two_ids(rref_id: RRefId, fork_id: ForkId, rref_proto: Any, fork_proto: Any) -> None:
    """Set the fields of a generated RRefId and ForkId, all in one go: see fork_message.py."""
    rref_proto.created_on = rref_id._created_on
    rref_proto.local_id = rref_id._local_id
    fork_proto.created_on = fork_id._created_on
    fork_proto.local_id = fork_id._local_id


def _checked_worker_id(number: int, where: str) -> int:
    low, high = WORKER_ID_RANGE
    if not low <= number <= high:
        raise DecodeError(f"expected an integer from {low} to {high}, got {number}", where)
    return number


def _ivalue_class() -> type[IValue]:
    # The one import against the order of the modules: ivalue builds on this one.
    from .ivalue import IValue

    return IValue
