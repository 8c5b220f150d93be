"""Compare a vector with the Result of a runner, and with the payload of the Python library.

The public functions yield the problems that they find, as text.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterator
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtobufMessage
from languages import RUNS_PAST_PARENT, Lacks
from vector import Vector, message_class

from rref_proto import Message, RRefProtoError, libtorch


def result_problems(vector: Vector, result: Any, lacks: Collection[Lacks]) -> Iterator[str]:
    """Compare a runner's Result with `vector`."""
    if result.name != vector.name:
        yield f"expected the result of this vector, got that of {result.name}"
    elif vector.json is None:
        accepted = Lacks.END_OF_PARENT in lacks and vector.name == f"refused/{RUNS_PAST_PARENT}"
        if accepted and result.refused:
            yield f"languages.py says that {vector.wire.hex()} is read, got: {result.refused}"
        elif not accepted and not result.refused:
            yield f"expected {vector.wire.hex()} to be refused, got {result.fields}"
    elif result.refused:
        yield f"expected {vector.wire.hex()} to be read, got: {result.refused}"
    else:
        try:
            yield from _accepted_problems(vector, result, lacks)
        except (DecodeError, ValueError, json_format.ParseError) as error:
            yield f"expected bytes and JSON that Python reads, got {result}: {error}"


def _accepted_problems(vector: Vector, result: Any, lacks: Collection[Lacks]) -> Iterator[str]:
    cls = message_class(vector.message)
    message = cls.FromString(vector.wire)
    yield from _differ("fields", describe(message), result.fields)

    if Lacks.UNKNOWN_FIELDS in lacks:
        message.DiscardUnknownFields()
    if Lacks.NEGATIVE_ZERO in lacks:
        _forget_negative_zeros(message, everywhere=False)
    wire = result.wire
    if Lacks.EXACT_BYTES in lacks:
        wire = cls.FromString(wire).SerializeToString()
    yield from _differ("wire", message.SerializeToString().hex(), wire.hex())

    # JSON does not keep the bits of a NaN, and writers differ in spaces and in the digits of a
    # double. So both are read and written again in Python's JSON, and then compared.
    expected = _json_of(json_format.ParseDict(vector.json or {}, cls()), lacks)
    # Also runtimes without JSON fail here if the bytes of the vector differ from its JSON.
    yield from _differ("wire, in JSON", expected, _json_of(cls.FromString(result.wire), lacks))
    if Lacks.JSON in lacks or (Lacks.DEEP_JSON in lacks and _levels(vector.json) > 64):
        return
    yield from _differ("json", expected, _json_of(_read_json(result.json, cls), lacks))
    if result.json_refused:
        yield f"json: expected it to be read, got: {result.json_refused}"
    else:
        read = cls.FromString(result.wire_of_json)
        yield from _differ("wire_of_json", expected, _json_of(read, lacks))


def payload_problems(vector: Vector) -> Iterator[str]:
    """Compare the vector's payload with what rref_proto.libtorch reads and writes."""
    if vector.payload is None:
        return
    message_type, payload = vector.payload
    message = Message.FromString(vector.wire)
    try:
        read = libtorch.from_payload(message_type, payload, message.tensors, message.id)
        if read != message:
            yield f"from_payload: expected {message!r}\n    got      {read!r}"
        native = libtorch.to_payload(message)
        yield from _differ("to_payload", payload.hex(), native.payload.hex())
        yield from _differ("type", hex(message_type), hex(native.type))
    except RRefProtoError as error:
        yield f"payload: {error}"


def describe(value: Any) -> str:
    """Return a message, or a value in it, in the form of README.md. This uses reflection."""
    if isinstance(value, ProtobufMessage):
        descriptors: list[Any] = list(value.DESCRIPTOR.fields)
        present = (
            f"{field.name}:{describe(getattr(value, field.name))}"
            for field in sorted(descriptors, key=lambda field: int(field.number))
            if not field.has_presence or value.HasField(field.name)
        )
        return f"{{{','.join(present)}}}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    if isinstance(value, (str, bytes)):
        return (value.encode() if isinstance(value, str) else value).hex()
    return f"[{','.join(map(describe, value))}]"


def _differ(what: str, expected: str, got: str) -> Iterator[str]:
    if expected != got:
        yield f"{what}: expected {expected}\n    got      {got}"


def _forget_negative_zeros(message: ProtobufMessage, everywhere: bool) -> None:
    """Replace each -0.0 by 0.0: in fields without presence, or `everywhere` in all fields."""
    for field, value in message.ListFields():
        if field.message_type:
            for each in [value] if isinstance(value, ProtobufMessage) else value:
                _forget_negative_zeros(each, everywhere)
        elif field.cpp_type == field.CPPTYPE_DOUBLE:
            if not isinstance(value, float):
                value[:] = [number or 0.0 for number in value] if everywhere else value
            elif not field.has_presence or everywhere:
                setattr(message, field.name, value or 0.0)


def _json_of(message: ProtobufMessage, lacks: Collection[Lacks]) -> str:
    if Lacks.NEGATIVE_ZERO_IN_JSON in lacks or Lacks.NEGATIVE_ZERO in lacks:
        _forget_negative_zeros(message, everywhere=True)
    return json.dumps(json_format.MessageToDict(message), sort_keys=True)


def _read_json(text: str, cls: type[ProtobufMessage]) -> ProtobufMessage:
    # Python's JSON reads -0 as an int, which has no negative zero. Protobuf's reads it as a double.
    read = json.loads(text, parse_int=lambda digits: int(digits) if digits != "-0" else -0.0)
    return json_format.ParseDict(read, cls())


def _levels(value: Any) -> int:
    """Return how many levels of messages an object of protobuf's JSON has."""
    if isinstance(value, dict):
        return 1 + max(map(_levels, value.values()), default=0)
    return max(map(_levels, value), default=0) if isinstance(value, list) else 0
