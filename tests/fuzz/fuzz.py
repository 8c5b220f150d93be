"""Fuzz one function of the library with atheris, beginning with the committed corpus.

    python tests/fuzz/fuzz.py TARGET SECONDS [libFuzzer options]

For all bytes, the library may raise only RRefProtoError. What it accepts must be the same after it
is written and read again. New inputs go to .venv/fuzz/, not into the corpus.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

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

from make_corpus import PAYLOAD_TYPES

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


TARGETS: dict[str, Callable[[bytes], None]] = {
    "message": fuzz_message,
    "payload": fuzz_payload,
    "pickle": fuzz_pickle,
    "recording": fuzz_recording,
    "json": fuzz_json,
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
