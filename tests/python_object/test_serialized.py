"""SerializedPyObj: which payloads it takes."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from rref_proto import SerializedPyObj


class Subclass(bytes):
    pass


def test_a_payload_is_a_copy_in_plain_bytes() -> None:
    buffer = bytearray(b"\x80\x04N.")
    for payload in (buffer, memoryview(buffer), Subclass(buffer), numpy.frombuffer(buffer, "u1")):
        python = SerializedPyObj(payload)  # type: ignore[arg-type]
        assert type(python.payload) is bytes
        assert python.payload == b"\x80\x04N."
    python = SerializedPyObj(buffer)  # type: ignore[arg-type]
    buffer[2] = 0
    assert python.to_python() is None


def _released() -> memoryview:
    view = memoryview(b"abc")
    view.release()
    return view


@pytest.mark.parametrize(
    "payload", ["text", None, 3, [1], _released(), numpy.zeros(3, "datetime64[s]")]
)
def test_what_has_no_bytes_is_refused(payload: Any) -> None:
    with pytest.raises(TypeError, match=r"^SerializedPyObj\.payload: expected a bytes-like object"):
        SerializedPyObj(payload)
