"""The name that a pickle is shown by."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    PythonRemoteException,
    PythonUDF,
    RRefProtoError,
    SerializedPyObj,
)
from rref_proto.python_object import name_in

from captured_pickles import captured_pickles

CALL = SerializedPyObj.from_python(PythonUDF("job.score", (1, [2], "three"), {"four": 5}))


def _name_by_value(python: SerializedPyObj) -> str | None:
    """Return the name as the whole value tells it."""
    try:
        value = python.to_python()
    except RRefProtoError:
        return None
    match value:
        case PythonUDF(name) | PythonRemoteException(_, name):
            return name
    return None


def test_the_name_is_that_of_the_whole_value() -> None:
    names = [name_in(python) for python in captured_pickles()]
    by_value = [_name_by_value(python) for python in captured_pickles()]
    assert all(found in {None, name} for found, name in zip(by_value, names, strict=True))
    assert len(set(by_value)) > 4


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (PythonUDF("job.score"), "job.score"),
        (PythonUDF("job:Class.method", (1,)), "job:Class.method"),
        (PythonUDF("a.b.c", ("PythonUDF", b"\x87\x94\x81\x94.")), "a.b.c"),
        (PythonUDF("torch.distributed.rpc.internal.f"), "torch.distributed.rpc.internal.f"),
        (PythonUDF("job." + "f" * 300), "job." + "f" * 300),
        (PythonUDF("job.größe"), "job.größe"),
        (PythonRemoteException("no", "builtins.ValueError"), "builtins.ValueError"),
        ("PythonUDF", None),
        (["RemoteException"], None),
        (None, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_calls_and_errors_have_a_name(value: object, name: str | None) -> None:
    assert name_in(SerializedPyObj.from_python(value)) == name


def test_a_call_with_arguments_that_are_no_plain_data_has_a_name_too() -> None:
    argument = pickle.dumps(ValueError(), 4)[2:-1].partition(b"\x8c")  # an object of a class
    payload = CALL.payload.replace(b"K\x01", argument[1] + argument[2], 1)
    with pytest.raises(DecodeError, match="expected plain data"):
        SerializedPyObj(payload).to_python()
    assert name_in(SerializedPyObj(payload)) == "job.score"


def test_a_call_that_is_cut_off_has_no_name() -> None:
    for size in range(len(CALL.payload)):
        assert name_in(SerializedPyObj(CALL.payload[:size])) is None


def test_the_name_is_that_of_what_is_called_and_not_of_what_stands_first() -> None:
    other = SerializedPyObj.from_python(PythonUDF("job.harmless", ()))
    # Both calls are made, and the first is thrown away.
    both = other.payload[:-1] + b"0" + CALL.payload[2:]
    assert name_in(SerializedPyObj(both)) == _name_by_value(SerializedPyObj(both)) == "job.score"


@given(st.integers(0, len(CALL.payload) - 1), st.integers(0, 255))
def test_what_is_changed_anywhere_has_the_name_of_the_whole_value(index: int, byte: int) -> None:
    changed = bytearray(CALL.payload)
    changed[index] = byte
    python = SerializedPyObj(bytes(changed))
    assert _name_by_value(python) in {None, name_in(python)}
