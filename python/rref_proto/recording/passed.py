"""RRefs that are passed on inside values that a recording leaves out, in the generated message."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import RRefProtoError
from ..ids import ForkId, RRefId, read_required_id
from ..ivalue import RRefForkData
from ..v1 import ivalue_pb2

Protos = Iterable[ivalue_pb2.RRefForkData]


def rref_to_proto(proto: ivalue_pb2.RRefForkData, rref: RRefForkData) -> None:
    """Set every field of `proto`, a new generated RRefForkData."""
    proto.owner_id, proto.parent, proto.type_str = rref.owner_id, rref.parent, rref.type_str
    rref.rref_id._to_proto(proto.rref_id)
    rref.fork_id._to_proto(proto.fork_id)


def passed_rrefs_from_proto(protos: Protos) -> tuple[RRefForkData, ...]:
    """Read the field `passed_rrefs`. Raises RRefProtoError where one of them is not valid."""
    rrefs: list[RRefForkData] = []
    try:
        for proto in protos:
            rrefs.append(_rref_from_proto(proto))  # noqa: PERF401 - its length says where
    except RRefProtoError as error:
        raise error.within(f"passed_rrefs[{len(rrefs)}]") from None
    return tuple(rrefs)


def _rref_from_proto(proto: ivalue_pb2.RRefForkData) -> RRefForkData:
    rref_id = read_required_id(RRefId, proto, "rref_id")
    fork_id = read_required_id(ForkId, proto, "fork_id")
    return RRefForkData(proto.owner_id, rref_id, fork_id, proto.parent, proto.type_str)
