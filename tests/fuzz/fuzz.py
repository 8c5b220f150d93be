"""Fuzz one function of the library with atheris, beginning with the committed corpus.

    python tests/fuzz/fuzz.py TARGET SECONDS [libFuzzer options]

For all bytes, the library may raise only RRefProtoError. What it accepts must be the same after it
is written and read again. New inputs go to .venv/fuzz/, not into the corpus.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["rref_proto", "google.protobuf.json_format"]):
    from rref_proto import (
        Ledger,
        Message,
        RRefProtoError,
        ScalarType,
        SerializedPyObj,
        Tensor,
        fromMessage,
        libtorch,
        read_recording,
    )
    from rref_proto.tensorpipe import Accepted, Listener, Store
    from rref_proto.tensorpipe.packets import (
        Brochure,
        BrochureAnswer,
        Descriptor,
        DescriptorReply,
        packet_from_bytes,
    )
    from rref_proto.tensorpipe.tensor_table import read_table, write_table

from make_corpus import PAYLOAD_TYPES, in_pieces

HERE = Path(__file__).resolve().parent
FOUND = HERE.parent.parent / ".venv" / "fuzz"
TENSORS = (Tensor(ScalarType.int8, [2], b"ab"), Tensor(ScalarType.float32, [], b"1234"))


def fuzz_message(data: bytes) -> None:
    """Fuzz FromString and fromMessage."""
    message = Message.FromString(data)
    assert Message.FromString(message.SerializeToString()) == message
    command = fromMessage(message)
    assert fromMessage(Message.FromString(command.toMessage().SerializeToString())) == command


def fuzz_payload(data: bytes) -> None:
    """Fuzz from_payload. The first byte chooses the type."""
    message_type = PAYLOAD_TYPES[data[0] % len(PAYLOAD_TYPES)] if data else PAYLOAD_TYPES[0]
    message = libtorch.from_payload(message_type, data[1:], TENSORS)
    native = libtorch.to_payload(message)
    again = libtorch.from_payload(native.type, native.payload, native.tensors)
    assert fromMessage(again) == fromMessage(message)


def fuzz_pickle(data: bytes) -> None:
    """Fuzz the reader of Python's pickles."""
    python = SerializedPyObj(data, TENSORS)
    forks = python.rrefs()
    written = SerializedPyObj.from_python(python.to_python())
    assert set(written.rrefs()) <= set(forks)
    assert SerializedPyObj.from_python(written.to_python()).rrefs() == written.rrefs()


def fuzz_recording(data: bytes) -> None:
    """Fuzz read_recording, and the ledgers of the recorded messages: at the end, and at a time."""
    ledgers = Ledger(), Ledger(0)
    for record in read_recording(data):
        for ledger in ledgers:
            try:
                ledger.observe_record(record)
            except RRefProtoError:
                continue
    for ledger in ledgers:
        ledger.held()
        for doubt in ledger.doubts():
            doubt.text()


def fuzz_json(data: bytes) -> None:
    """Fuzz from_json."""
    message = Message.from_json(data)
    assert Message.from_json(message.to_json()).type is message.type


PACKETS: list[Callable[[bytes], Any]] = [
    packet_from_bytes,
    Brochure.from_bytes,
    BrochureAnswer.from_bytes,
    Descriptor.from_bytes,
    DescriptorReply.from_bytes,
]


def fuzz_packet(data: bytes) -> None:
    """Fuzz the packets of TensorPipe. The first byte chooses which."""
    read = PACKETS[data[0] % len(PACKETS) if data else 0]
    packet = read(data[1:])
    assert read(packet.to_bytes()) == packet


BUFFERS = [memoryview(bytes(range(size))) for size in (8, 48, 0)]


def fuzz_table(data: bytes) -> None:
    """Fuzz the table of tensors beside a payload."""
    tensors, _ = read_table(data, BUFFERS)
    assert read_table(*write_table(tensors)) == (tensors, None)


STEP = 100


def fuzz_pipe(data: bytes) -> None:
    """Fuzz the server's side of a pipe, and the messages that come on it."""
    listener = Listener("127.0.0.1:1")
    connections: dict[int, Accepted] = {}
    for number, piece in in_pieces(data):
        if number not in connections:
            connections[number] = listener.accept()
        connection = connections[number]
        for position in range(0, len(piece), STEP):
            if connection.wants_data:
                connection.receive(piece[position : position + STEP])
        for received in connection.pipe.received() if connection.pipe else ():
            fuzz_table(write_table(received.message.tensors)[0])


REQUESTS = [
    request
    for store in [Store()]
    for request in (
        store.set("k", b"v"),
        store.get("k"),
        store.add("k", 1),
        store.check(["k"]),
        store.wait(["k"]),
        store.delete("k"),
    )
]


def fuzz_store(data: bytes) -> None:
    """Fuzz the answers of the store. The first byte chooses the request."""
    request = REQUESTS[data[0] % len(REQUESTS) if data else 0]
    answer, position = request.answer(), 1
    while answer.missing and position + answer.missing <= len(data):
        end = position + answer.missing
        answer.receive(data[position:end])
        position = end


TARGETS: dict[str, Callable[[bytes], None]] = {
    "message": fuzz_message,
    "payload": fuzz_payload,
    "pickle": fuzz_pickle,
    "recording": fuzz_recording,
    "json": fuzz_json,
    "packet": fuzz_packet,
    "table": fuzz_table,
    "pipe": fuzz_pipe,
    "store": fuzz_store,
}


def main() -> None:
    """Fuzz the target that the command line names."""
    target, seconds, *options = sys.argv[1:]
    run = TARGETS[target]

    def attempt(data: bytes) -> None:
        try:
            run(data)
        except RRefProtoError:
            pass

    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0],
            str(found),
            str(HERE / "corpus" / target),
            f"-max_total_time={seconds}",
            f"-artifact_prefix={found.parent}/{target}-",
            "-rss_limit_mb=1024",
            "-timeout=10",
            "-print_final_stats=1",
            *options,
        ],
        attempt,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
