"""The table of types, fields and classes, compared with the schema."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import DescriptorProto

from rref_proto import MessageType
from rref_proto.libtorch.layouts import LAYOUTS
from rref_proto.message_type import TYPE_OF_FIELD
from rref_proto.rpc_command import CLASS_OF_TYPE
from rref_proto.v1 import message_pb2

BODY = message_pb2.Message.DESCRIPTOR.oneofs_by_name["body"].fields
# The low byte is 0, which is no field number.
NUMBERS = {MessageType.SCRIPT_CALL: 64}


def test_every_field_of_the_body_is_in_the_table() -> None:
    assert sorted(TYPE_OF_FIELD) == sorted(field.name for field in BODY)
    assert sorted(CLASS_OF_TYPE) == sorted(TYPE_OF_FIELD.values())


def test_a_row_of_the_table_is_what_the_schema_says() -> None:
    for field in BODY:
        message_type = TYPE_OF_FIELD[field.name]
        command = CLASS_OF_TYPE[message_type]
        assert field.number == NUMBERS.get(message_type, message_type & 0xFF)
        assert command.__name__ == field.message_type.name
        assert (command.message_type, command.body_field) == (message_type, field.name)


def test_each_class_has_a_layout() -> None:
    assert set(LAYOUTS) == set(CLASS_OF_TYPE.values())


def test_the_numbers_of_types_without_a_field_are_reserved() -> None:
    described = DescriptorProto()
    message_pb2.Message.DESCRIPTOR.CopyToProto(described)
    reserved = {n for part in described.reserved_range for n in range(part.start, part.end)}
    wrappers = {each & 0xFF for each in MessageType if "AUTOGRAD" in each.name}
    wrappers |= {each & 0xFF for each in MessageType if "PROFILING" in each.name}
    wrappers |= {each & 0xFF for each in MessageType if "RREF_BACKWARD" in each.name}
    assert reserved == wrappers | {MessageType.UNKNOWN}
