"""Write vectors/ from tests/data and the Python library; with --check, compare instead.

Vectors without a payload are made with the generated code. It accepts messages that the library
refuses, such as a tensor without a dtype. Vectors with a payload are made with the library.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cases import (
    CALLS,
    COMMANDS,
    FORK,
    FUNCTION,
    IDS,
    INT16,
    INT64,
    LATER_BODY,
    LATER_KIND,
    LOWEST,
    MATRIX,
    REFUSED,
    RREF,
    SCALAR,
    UNKNOWN,
    VALUES,
    ivalue,
)
from delimited import read_delimited
from google.protobuf import json_format
from google.protobuf import message as protobuf
from google.protobuf.descriptor import FileDescriptor
from vector import FOLDER, GROUPS, Vector, file_of, message_class

from rref_proto import (
    EventKind,
    Message,
    MessageType,
    RecordedEvent,
    RecordedMessage,
    RpcCommandBase,
    RRefAck,
    RRefForkData,
    ScalarType,
    ScriptRemoteCall,
    ScriptRRefFetchRet,
    Tensor,
    libtorch,
    omit_values,
    read_recording,
    write_recording,
)
from rref_proto.recording import Record
from rref_proto.v1 import (
    call_pb2,
    ids_pb2,
    ivalue_pb2,
    message_pb2,
    recording_pb2,
    rref_pb2,
    tensor_pb2,
)

DATA = Path(__file__).resolve().parent.parent / "data"


def vector(name: str, proto: protobuf.Message, payload: tuple[int, bytes] | None = None) -> Vector:
    """Make a vector of `proto`; `name` begins with its group."""
    json_object = json_format.MessageToDict(proto)
    wire = proto.SerializeToString()
    return Vector(name, proto.DESCRIPTOR.name, wire, json_object, payload)


def vector_of_wire(name: str, message: str, wire: bytes) -> Vector:
    """Make a vector of the message that generated code reads from `wire`, with unknown fields."""
    return vector(name, message_class(message).FromString(wire))


def vector_of_message(name: str, message: Message) -> Vector:
    """Make a vector with the payload that libtorch has for `message`."""
    native = libtorch.to_payload(message)
    return vector(name, message.proto, (int(native.type), native.payload))


def ids() -> Iterator[Vector]:
    for cls in (ids_pb2.RRefId, ids_pb2.ForkId):
        for name, (created_on, local_id) in IDS.items():
            yield vector(
                f"ids/{cls.DESCRIPTOR.name} {name}", cls(created_on=created_on, local_id=local_id)
            )
        yield vector_of_wire(f"ids/{cls.DESCRIPTOR.name} unknown", cls.DESCRIPTOR.name, UNKNOWN)


def tensor() -> Iterator[Vector]:
    devices = (("cpu", None), ("cuda", 0), ("cuda", 127), ("privateuseone", None), ("", None))
    for kind, index in devices:
        device = tensor_pb2.Device(type=kind, index=index)
        yield vector(f"tensor/Device {kind or 'empty'} {index}", device)
    for dtype in ScalarType:
        data = bytes(range(0x100 - 2 * dtype.itemsize, 0x100))
        yield vector(f"tensor/{dtype.name}", _tensor(dtype, (2,), data))
    for sizes in ((), (1,), (1, 1, 1), (0,), (0, 4), (2, 0, 3)):
        yield vector(f"tensor/sizes {list(sizes)}", _tensor(2, sizes, b"" if 0 in sizes else b"\1"))
    for name, bits in {"-0.0": 0x80000000, "quiet": 0x7FC12345, "signalling": 0xFF812345}.items():
        yield vector(f"tensor/float32 {name}", _tensor(12, (), struct.pack("<I", bits)))
    cuda = tensor_pb2.Device(type="cuda", index=0)
    yield vector("tensor/all fields", _tensor(2, (1,), b"\0", requires_grad=True, device=cuda))
    yield vector("tensor/device without a type", _tensor(2, (), b"\0", device=tensor_pb2.Device()))
    yield vector("tensor/sizes at the ends", _tensor(2, (*INT64, 0), b""))
    yield vector("tensor/empty", tensor_pb2.Tensor())
    yield vector("tensor/dtype of a later version", _tensor(99, (3,), b"abc"))
    yield vector_of_wire("tensor/unknown", "Tensor", bytes.fromhex("0802 120101 1a0107") + UNKNOWN)
    yield vector_of_wire("tensor/unknown in the device", "Tensor", _nest(5, UNKNOWN))


def _tensor(dtype: int, sizes: tuple[int, ...], data: bytes, **more: Any) -> tensor_pb2.Tensor:
    return tensor_pb2.Tensor(dtype=int(dtype), sizes=sizes, data=data, **more)  # type: ignore[arg-type]


def _nest(field: int, content: bytes) -> bytes:
    """Encode `content`, at most 127 bytes, as the field with the number `field`, at most 15."""
    return bytes([field << 3 | 2, len(content)]) + content


def ivalues() -> Iterator[Vector]:
    for name, value in VALUES.items():
        message = ScriptRRefFetchRet([value]).toMessage().proto
        yield vector(f"ivalue/{name}", message.script_rref_fetch_ret.values[0])
    yield vector("ivalue/kind not set", ivalue_pb2.IValue())
    yield vector("ivalue/bytes empty", ivalue_pb2.IValue(bytes_value=b""))
    yield vector("ivalue/tensor index at the end", ivalue_pb2.IValue(tensor_index=2**32 - 1))
    indices = ivalue_pb2.TensorList(tensor_indices=(0, 2**32 - 1))
    yield vector("ivalue/tensor indices at the ends", ivalue_pb2.IValue(tensor_list=indices))
    for field in ivalue_pb2.IValue.DESCRIPTOR.fields:
        if field.message_type:
            empty = ivalue_pb2.IValue()
            getattr(empty, field.name).SetInParent()
            yield vector(f"ivalue/{field.name} of no fields", empty)
    yield vector_of_wire("ivalue/kind of a later version", "IValue", LATER_KIND)
    yield vector_of_wire("ivalue/unknown beside the kind", "IValue", b"\x28\x01" + UNKNOWN)
    yield vector_of_wire("ivalue/unknown in none", "IValue", _nest(1, UNKNOWN))
    yield vector_of_wire("ivalue/unknown in a tuple", "IValue", _nest(9, _nest(1, UNKNOWN)))


def rref() -> Iterator[Vector]:
    yield from _without_fields("rref", rref_pb2.DESCRIPTOR)
    yield from _bodies("rref", COMMANDS)
    zero_ids = rref_pb2.RRefUserDelete(rref_id=ids_pb2.RRefId(), fork_id=ids_pb2.ForkId())
    yield vector("rref/identifiers of zeros are present", zero_ids)


def calls() -> Iterator[Vector]:
    yield from _without_fields("call", call_pb2.DESCRIPTOR)
    yield from _bodies("call", CALLS)
    indices = call_pb2.SerializedPyObj(payload=b"N.", tensor_indices=(0, 2**32 - 1, 0))
    yield vector("call/SerializedPyObj of indices at the ends", indices)
    yield vector("call/Operator of any text", call_pb2.Operator(schema="\0é", name=""))
    both = b"\x0a\x00\x12\x01f"  # the last field of a oneof counts
    yield vector_of_wire("call/ScriptCall of an operator, then of a function", "ScriptCall", both)
    yield vector("call/ScriptCall of an empty name", call_pb2.ScriptCall(qualified_name=""))
    yield vector("call/RemoteException of no bytes", call_pb2.RemoteException(raw=b""))
    yield vector_of_wire("call/unknown in the call", "ScriptRemoteCall", _nest(1, UNKNOWN))


def _without_fields(group: str, file: FileDescriptor) -> Iterator[Vector]:
    """Yield each message of a .proto file without fields, and with unknown fields only."""
    for name in file.message_types_by_name:
        yield vector(f"{group}/{name} of no fields", message_class(name)())
        yield vector_of_wire(f"{group}/{name} unknown", name, UNKNOWN)


def _bodies(group: str, commands: dict[str, RpcCommandBase]) -> Iterator[Vector]:
    for name, command in commands.items():
        proto = command.toMessage().proto
        yield vector(f"{group}/{name}", getattr(proto, proto.WhichOneof("body") or ""))


def messages() -> Iterator[Vector]:
    for name, command in (COMMANDS | CALLS).items():
        yield vector_of_message(f"message/{name}", command.toMessage())
    for name, value in VALUES.items():
        yield vector_of_message(f"message/value {name}", ScriptRRefFetchRet([value]).toMessage())
    for number in (0, 1, *INT64):
        yield vector_of_message(f"message/id {number}", RRefAck().toMessage().with_id(number))
    tensors = ScriptRRefFetchRet([ivalue([MATRIX, SCALAR])]).toMessage().with_id(7)
    yield vector_of_message("message/id and tensors", tensors)
    yield vector("message/body not set", message_pb2.Message())
    for body in message_pb2.Message.DESCRIPTOR.oneofs_by_name["body"].fields:
        empty = message_pb2.Message()
        getattr(empty, body.name).SetInParent()
        yield vector(f"message/{body.name} of no fields", empty)
    yield vector_of_wire("message/body of a later version", "Message", LATER_BODY)
    yield vector_of_wire("message/unknown", "Message", tensors.SerializeToString() + UNKNOWN)
    yield vector_of_wire("message/unknown in the body", "Message", _nest(14, UNKNOWN))
    for file in ("messages.jsonl", "calls.jsonl"):
        lines = (DATA / file).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(map(json.loads, lines), 1):
            if _can_be_written_again(line):
                yield vector(
                    f"message/{file}:{number} {line['message']}",
                    _from_payload(line).proto,
                    (line["type"], bytes.fromhex(line["payload"])),
                )


def _can_be_written_again(line: dict[str, Any]) -> bool:
    """Whether a message tells all that its payload does.

    A payload has marks of values that the sender's program held as well, and refers to values that
    are in several places.
    """
    made_by_torchscript = "made_by" in line or "made_by" in line["fields"]
    held_otherwise = line.get("value_held") is False or "rref_held" in line
    return not (made_by_torchscript or held_otherwise or "same_object" in line)


def recording() -> Iterator[Vector]:
    yield vector("recording/empty", recording_pb2.RecordedMessage())
    times = {
        "the year 1": -62_135_596_800 * 10**9,
        "before the epoch": -1,
        "the epoch": 0,
        "nanoseconds": 1_700_000_000_123_456_789,
        "the year 9999": 253_402_300_800 * 10**9 - 1,
    }
    ack = RRefAck().toMessage().with_id(1)
    for name, time in times.items():
        yield _record(f"time {name}", RecordedMessage(time, 0, 1, ack))
    yield _record("worker ids at the ends", RecordedMessage(0, *INT16, ack))
    deepest = VALUES["object of objects to the deepest level"]
    returned = ScriptRRefFetchRet([deepest])
    yield _record("value of the deepest level", RecordedMessage(0, 0, 1, returned.toMessage()))
    # Exactly 100 levels of protobuf messages, which is all that a parser must allow.
    called = ScriptRemoteCall(FUNCTION, [deepest], RREF, FORK)
    yield _record("argument of the deepest level", RecordedMessage(0, 0, 1, called.toMessage()))
    named = RecordedMessage(0, 0, 1, ack, "owner", "trainer:1")
    yield _record("worker names", named)
    left = omit_values(ScriptRRefFetchRet([ivalue((MATRIX, "text"))]).toMessage())
    brief = RecordedMessage(0, 0, 1, left.message, omitted_values=left.omitted_values)
    yield _record("values omitted", brief)
    passed = (
        RRefForkData(0, RREF, FORK, 0, "Tensor"),
        RRefForkData(INT16[0], *LOWEST, INT16[1], ""),
    )
    yield _record("RRefs passed on", replace(brief, passed_rrefs=passed))
    unknown = replace(brief, passed_rrefs_unknown=True)
    yield _record("RRefs passed on that are not known", unknown)
    for kind in (*EventKind, 77):
        yield _record(f"event {int(kind)}", RecordedEvent(5, 3, kind, "trainer"))
    for count in (0, INT64[1]):
        ended = RecordedEvent(5, 3, EventKind.RECORDING_ENDED, "", count)
        yield _record(f"end of a recording with {count} requests", ended)
    native = libtorch.NativeMessage(MessageType.SCRIPT_CALL, b"\x80\x02).", (MATRIX, SCALAR), 1)
    unread = Message(message_pb2.Message(id=1))
    yield _record("native message", RecordedMessage(0, 0, 1, unread, native_message=native))
    parts = recording_pb2.RecordedMessage(
        native_message=recording_pb2.NativeMessage(type=-1),
        omitted_values=[
            recording_pb2.OmittedValue(),
            recording_pb2.OmittedValue(type="Tensor", byte_size=INT64[1]),
        ],
    )
    yield vector("recording/parts of few fields", parts)
    yield vector_of_wire("recording/unknown", "RecordedMessage", _nest(4, b"\x72\0") + UNKNOWN)
    with (DATA / "lifecycle.rref").open("rb") as file:
        for number, record in enumerate(read_recording(file)):
            yield _record(f"lifecycle.rref {number}", record)


def _record(name: str, record: Record) -> Vector:
    file = io.BytesIO()
    write_recording(file, [record])
    file.seek(0)
    return vector(f"recording/{name}", next(read_delimited(file, recording_pb2.RecordedMessage)))


def _from_payload(line: dict[str, Any]) -> Message:
    """Read a message that libtorch wrote, a line of messages.jsonl."""
    tensors = [
        Tensor(
            ScalarType[each["dtype"]],
            each["sizes"],
            bytes.fromhex(each["data"]),
            each.get("requires_grad", False),
        )
        for each in line["tensors"]
    ]
    return libtorch.from_payload(line["type"], bytes.fromhex(line["payload"]), tensors)


def refused() -> Iterator[Vector]:
    for name, (message, wire) in REFUSED.items():
        yield Vector(f"refused/{name}", message, bytes.fromhex(wire))


MAKERS: tuple[Callable[[], Iterator[Vector]], ...] = (
    ids, tensor, ivalues, rref, calls, messages, recording, refused,
)  # fmt: skip


def main() -> int:
    """Write or compare all files; return 1 if one differs."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("usage: make_vectors.py [--check]")
    FOLDER.mkdir(exist_ok=True)
    status = 0
    for group, make in zip(GROUPS, MAKERS, strict=True):
        text = "".join(each.to_line() + "\n" for each in make())
        path = file_of(group)
        if not check:
            path.write_text(text, encoding="ascii")
        elif not path.exists() or path.read_text(encoding="ascii") != text:
            print(f"{path.name} is not what tests/conformance/make_vectors.py writes")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
