"""The name that a pickle is shown by."""

from __future__ import annotations

import pickle

import pytest

from rref_proto import PythonRemoteException, PythonUDF, RRefProtoError, SerializedPyObj
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
    assert names == [_name_by_value(python) for python in captured_pickles()]
    assert len(set(names)) > 4


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


def test_a_call_of_what_is_no_plain_data_has_a_name_too() -> None:
    argument = pickle.dumps(ValueError(), 4)[2:]  # an object of a class, without PROTO
    payload = CALL.payload.replace(b"K\x01", b"K\x01" + argument[9:-1] + b"0", 1)
    assert payload != CALL.payload
    assert name_in(SerializedPyObj(payload)) == "job.score"


def test_a_call_that_is_cut_off_has_no_name() -> None:
    for size in range(len(CALL.payload)):
        assert name_in(SerializedPyObj(CALL.payload[:size])) is None


def test_a_length_that_does_not_fit_is_not_taken_for_a_name() -> None:
    for index in range(len(CALL.payload)):
        for value in (0, 1, 5, 0x80, 0xFF):
            changed = bytearray(CALL.payload)
            changed[index] = value
            found = name_in(SerializedPyObj(bytes(changed)))
            assert found in {None, "job.score"} or _name_by_value(
                SerializedPyObj(bytes(changed))
            ) in {None, found}
