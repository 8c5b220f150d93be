"""The kinds of value: every table of kinds has a row for each kind."""

from __future__ import annotations

from rref_proto.ivalue.base import ALL_KINDS
from rref_proto.ivalue.kinds import KINDS
from rref_proto.ivalue.proto import CODECS, KIND_OF_FIELD
from rref_proto.libtorch.writer import BY_POINTER, WRITERS
from rref_proto.v1 import ivalue_pb2

FIELDS = [field.name for field in ivalue_pb2.IValue.DESCRIPTOR.oneofs_by_name["kind"].fields]


def test_every_table_has_every_kind_in_one_order() -> None:
    assert list(KINDS) == list(ALL_KINDS)
    assert list(CODECS) == list(ALL_KINDS)
    assert list(WRITERS) == list(ALL_KINDS)
    assert set(ALL_KINDS) > BY_POINTER


def test_the_kinds_are_the_fields_of_the_schema() -> None:
    assert sorted(KIND_OF_FIELD) == sorted(FIELDS)
    different = {field: kind for field, kind in KIND_OF_FIELD.items() if field != kind}
    assert different == {"tensor_index": "tensor_value"}
