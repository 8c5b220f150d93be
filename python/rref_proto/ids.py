"""GloballyUniqueId, RRefId and ForkId: pairs of numbers."""

from __future__ import annotations

from functools import total_ordering
from typing import TYPE_CHECKING, Any, TypeVar

from ._check import INT64, WORKER_ID, check_int, check_type
from .errors import DecodeError

if TYPE_CHECKING:
    from .ivalue import IValue

_Id = TypeVar("_Id", bound="GloballyUniqueId")
_new = object.__new__


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
            self._created_on = check_int(created_on, WORKER_ID, f"{name}.created_on")
            self._local_id = check_int(local_id, INT64, f"{name}.local_id")

    @property
    def created_on(self) -> int:
        """The worker that made the identifier."""
        return self._created_on

    @property
    def local_id(self) -> int:
        """The value of that worker's counter when it made the identifier."""
        return self._local_id

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GloballyUniqueId):
            return NotImplemented
        return self._created_on == other._created_on and self._local_id == other._local_id

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, GloballyUniqueId):
            return NotImplemented
        return (self._created_on, self._local_id) < (other._created_on, other._local_id)

    def __hash__(self) -> int:
        return hash((self._created_on, self._local_id))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._created_on}, {self._local_id})"

    def __reduce__(self) -> tuple[type[GloballyUniqueId], tuple[int, int]]:
        return type(self), (self._created_on, self._local_id)

    @classmethod
    def _read(cls: type[_Id], parent: Any, field: str) -> _Id:
        """Read the required field `field`, an RRefId or ForkId, of a generated message."""
        proto = getattr(parent, field)
        created_on, local_id = proto.created_on, proto.local_id
        if not -0x8000 <= created_on <= 0x7FFF:
            raise DecodeError(
                f"expected an integer from -32768 to 32767, got {created_on}", f"{field}.created_on"
            )
        # Asking for presence is the dearest step, and only two zeros leave it open.
        if not (created_on or local_id) and not parent.HasField(field):
            raise DecodeError(f"expected an {cls.__name__}, found none", field)
        read = _new(cls)
        read._created_on, read._local_id = created_on, local_id
        return read

    def _write(self, proto: Any) -> None:
        """Set both fields of `proto`, a generated RRefId or ForkId."""
        proto.created_on = self._created_on
        proto.local_id = self._local_id

    def toIValue(self) -> IValue:
        """Return the tuple (created_on, local_id), as libtorch's payloads hold it."""
        from .ivalue import IValue  # ivalue builds on this module

        return IValue.from_python((self._created_on, self._local_id))

    @classmethod
    def fromIValue(cls: type[_Id], ivalue: IValue) -> _Id:
        """Read back what `toIValue` gave. Raises DecodeError where it is nothing of the kind."""
        from .ivalue import IValue  # which builds on this module

        check_type(ivalue, IValue, f"{cls.__name__}.fromIValue")
        elements = ivalue.value if ivalue.kind == "tuple_value" else ()
        if [element.kind for element in elements] != ["int_value", "int_value"]:
            raise DecodeError(f"expected a tuple of two ints, got {ivalue.type}", cls.__name__)
        created_on, local_id = (element.value for element in elements)
        low, high = WORKER_ID
        if not low <= created_on <= high:
            raise DecodeError(
                f"expected an integer from {low} to {high}, got {created_on}",
                f"{cls.__name__}.created_on",
            )
        return cls(created_on, local_id)


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
