"""The kinds of value: every table of kinds has a row for each kind."""

from __future__ import annotations

from rref_proto.ivalue.base import ALL_KINDS, KIND_OF_FIELD
from rref_proto.ivalue.check import ALWAYS_VALID, CHECKS
from rref_proto.ivalue.tree import CHILDREN
from rref_proto.ivalue.type_of import ANNOTATIONS
from rref_proto.ivalue.value import PLAIN, VALUES
from rref_proto.ivalue.write import WRITERS
from rref_proto.libtorch import writer
from rref_proto.v1 import ivalue_pb2

FIELDS = [field.name for field in ivalue_pb2.IValue.DESCRIPTOR.oneofs_by_name["kind"].fields]
SCALARS = {"double_value", "int_value", "bool_value", "string_value", "bytes_value"}


def test_the_kinds_are_the_fields_of_the_schema() -> None:
    assert list(KIND_OF_FIELD) == FIELDS
    different = {field: kind for field, kind in KIND_OF_FIELD.items() if field != kind}
    assert different == {"tensor_index": "tensor_value"}


def test_every_table_has_every_kind() -> None:
    assert list(WRITERS) == list(ALL_KINDS)
    assert list(ANNOTATIONS) == FIELDS
    assert set(VALUES) == set(PLAIN) == set(FIELDS) - SCALARS
    assert set(writer.WRITERS) | {"tensor_index"} == set(FIELDS)
    assert set(FIELDS) - SCALARS - {"none_value", "device_value"} == writer.BY_POINTER


def test_the_tables_of_kinds_with_values_inside_agree() -> None:
    # The constructor looks for a kind there, the others for a field.
    assert set(CHILDREN) < set(ALL_KINDS)
    assert set(CHILDREN) < set(FIELDS)
    assert set(CHECKS) > set(CHILDREN)
    assert set(FIELDS) - set(CHECKS) == ALWAYS_VALID
