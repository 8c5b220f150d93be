"""The pickles that PyTorch itself wrote: read, and written again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rref_proto import (
    ForkId,
    PythonRemoteException,
    PythonUDF,
    RRefForkData,
    RRefId,
    SerializedPyObj,
    Tensor,
)

from captured_pickles import captured_pickles

PICKLES = captured_pickles()
VALUES = [pickle.to_python() for pickle in PICKLES]
every_pickle = pytest.mark.parametrize(
    ("pickle", "value"), list(zip(PICKLES, VALUES, strict=True)), ids=lambda _: ""
)
KINDS = {
    "PythonUDF": 63,
    "int": 42,
    "NoneType": 9,
    "Tensor": 8,
    "PythonRemoteException": 2,
    "RRefForkData": 2,
}


def parts(value: Any) -> list[Any]:
    """Return a value and everything inside it."""
    match value:
        case PythonUDF(_, args, kwargs):
            inner: list[Any] = [args, kwargs]
        case dict():
            inner = [*value.keys(), *value.values()]
        case tuple() | list() | set():
            inner = list(value)
        case _:
            inner = []
    return [value, *(each for item in inner for each in parts(item))]


def has_a_set(value: Any) -> bool:
    # The order of a set of texts is another in each process.
    return any(isinstance(part, set) for part in parts(value))


def test_every_captured_pickle_is_plain_data() -> None:
    assert Counter(type(value).__name__ for value in VALUES) == KINDS


@every_pickle
def test_what_was_read_is_written_with_the_same_bytes(pickle: SerializedPyObj, value: Any) -> None:
    again = SerializedPyObj.from_python(value)
    assert again.tensors == pickle.tensors
    if has_a_set(value):
        assert len(again.payload) == len(pickle.payload)
        assert again.to_python() == value
    else:
        assert again.payload == pickle.payload


def test_only_the_calls_that_begin_a_job_have_a_set() -> None:
    with_a_set = [value.function for value in VALUES if has_a_set(value)]
    assert with_a_set == ["torch.distributed.rpc.api._gather_to_leader"] * 6


@every_pickle
def test_the_rrefs_are_those_in_the_value(pickle: SerializedPyObj, value: Any) -> None:
    inside = [part for part in parts(value) if isinstance(part, RRefForkData)]
    assert pickle.rrefs() == tuple(inside)


def test_rrefs_of_the_conversation() -> None:
    forks = [fork for pickle in PICKLES for fork in pickle.rrefs()]
    assert len(forks) == 34
    assert forks[0] == RRefForkData(2, RRefId(0, 4), ForkId(0, 24), 0, "Tensor")


def test_a_call_and_what_a_failed_one_answers() -> None:
    assert PythonUDF("__mp_main__.fail", (3,), {}) in VALUES
    failed = [value for value in VALUES if isinstance(value, PythonRemoteException)]
    assert [each.exception_type for each in failed] == ["builtins.ValueError"] * 2
    assert failed[0].text.startswith("On WorkerInfo(id=2, name=w2):\nValueError('no 3')\n")


def test_a_tensor_is_the_one_beside_the_pickle() -> None:
    for pickle, value in zip(PICKLES, VALUES, strict=True):
        if isinstance(value, Tensor):
            assert value is pickle.tensors[0]
