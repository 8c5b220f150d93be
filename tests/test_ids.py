"""Identifiers of RRefs and forks."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import DecodeError, EncodeError, ForkId, GloballyUniqueId, IValue, RRefId

from strategies import int64, worker_ids

CLASSES = (GloballyUniqueId, RRefId, ForkId)
classes = st.sampled_from(CLASSES)
small_pairs = st.tuples(st.integers(-2, 2), st.integers(-2, 2))
each_class = pytest.mark.parametrize("cls", CLASSES)


@given(classes, worker_ids, int64)
def test_keeps_its_two_numbers(cls: type[GloballyUniqueId], worker: int, number: int) -> None:
    identifier = cls(worker, number)
    assert (identifier.created_on, identifier.local_id) == (worker, number)
    assert cls(created_on=worker, local_id=number) == identifier


@given(classes, classes, small_pairs, small_pairs)
def test_equality_and_hash_go_by_the_numbers_and_not_by_the_class(
    one: type[GloballyUniqueId],
    other: type[GloballyUniqueId],
    a: tuple[int, int],
    b: tuple[int, int],
) -> None:
    assert (one(*a) == other(*b)) is (a == b)
    assert (one(*a) != other(*b)) is (a != b)
    assert len({one(*a), other(*b)}) == len({a, b})


@pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge], ids=lambda f: f.__name__
)
@given(classes, classes, small_pairs, small_pairs)
def test_order_is_that_of_the_pairs(
    compare: Callable[[Any, Any], bool],
    one: type[GloballyUniqueId],
    other: type[GloballyUniqueId],
    a: tuple[int, int],
    b: tuple[int, int],
) -> None:
    assert compare(one(*a), other(*b)) is compare(a, b)


@given(st.lists(st.tuples(worker_ids, int64)))
def test_sorts_as_the_pairs_do(pairs: list[tuple[int, int]]) -> None:
    identifiers = sorted(ForkId(*pair) for pair in pairs)
    assert [(each.created_on, each.local_id) for each in identifiers] == sorted(pairs)


@each_class
def test_equals_nothing_else(cls: type[GloballyUniqueId]) -> None:
    assert cls(1, 2) != (1, 2)
    assert cls(1, 2) != "1, 2"
    assert cls(1, 2) is not None
    assert len({cls(1, 2), (1, 2)}) == 2


@each_class
@pytest.mark.parametrize("other", [3, (1, 2), None, "1"])
def test_is_ordered_with_nothing_else(cls: type[GloballyUniqueId], other: object) -> None:
    with pytest.raises(TypeError, match="not supported between instances"):
        cls(1, 2) < other  # noqa: B015
    with pytest.raises(TypeError, match="not supported between instances"):
        cls(1, 2) > other  # noqa: B015


def test_the_subclasses_tell_the_two_uses_apart() -> None:
    assert issubclass(RRefId, GloballyUniqueId)
    assert issubclass(ForkId, GloballyUniqueId)
    assert not issubclass(RRefId, ForkId)
    assert not issubclass(ForkId, RRefId)


@each_class
def test_repr_can_be_pasted_back(cls: type[GloballyUniqueId]) -> None:
    identifier = cls(-3, 2**63 - 1)
    assert repr(identifier) == f"{cls.__name__}(-3, 9223372036854775807)"
    pasted = eval(repr(identifier))
    assert pasted == identifier
    assert type(pasted) is cls


def test_matches_by_position() -> None:
    match RRefId(1, 12345):
        case ForkId(_, _):
            pytest.fail("an RRefId is no ForkId")
        case RRefId(2, _):
            pytest.fail("it was made by worker 1")
        case RRefId(1, number):
            assert number == 12345
        case _:
            pytest.fail("the pattern of its own class did not match")
    match ForkId(7, 8):
        case GloballyUniqueId(worker, number):
            assert (worker, number) == (7, 8)
        case _:
            pytest.fail("the pattern of the base class did not match")


@each_class
@pytest.mark.parametrize("worker", [-0x8000, -1, 0, 1, 0x7FFF])
@pytest.mark.parametrize("number", [-(2**63), -1, 0, 1, 2**63 - 1])
def test_takes_the_ends_of_int16_and_int64(
    cls: type[GloballyUniqueId], worker: int, number: int
) -> None:
    identifier = cls(worker, number)
    assert (identifier.created_on, identifier.local_id) == (worker, number)


@each_class
@pytest.mark.parametrize(
    ("worker", "number", "field"),
    [
        (-0x8001, 0, "created_on"),
        (0x8000, 0, "created_on"),
        (10**30, 0, "created_on"),
        (0, -(2**63) - 1, "local_id"),
        (0, 2**63, "local_id"),
        (0, 10**400, "local_id"),
        (np.int64(0x8000), 0, "created_on"),
        (0, np.uint64(2**64 - 1), "local_id"),
    ],
    ids=str,
)
def test_refuses_numbers_out_of_range(
    cls: type[GloballyUniqueId], worker: int, number: int, field: str
) -> None:
    with pytest.raises(EncodeError, match="expected an integer from") as caught:
        cls(worker, number)
    assert caught.value.where == f"{cls.__name__}.{field}"


@each_class
@pytest.mark.parametrize(
    "wrong",
    [True, False, 1.0, 1j, "1", b"1", None, (1,), np.float64(1.0), np.float32(1.0), np.bool_(1)],
    ids=repr,
)
def test_refuses_what_is_not_an_integer(cls: type[GloballyUniqueId], wrong: Any) -> None:
    with pytest.raises(TypeError, match="created_on"):
        cls(wrong, 2)
    with pytest.raises(TypeError, match="local_id"):
        cls(1, wrong)


class Index:
    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize(
    "seven",
    [*(kind(7) for kind in (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64)), Index()],
    ids=lambda value: type(value).__name__,
)
def test_takes_anything_that_counts_as_an_integer_and_keeps_an_int(seven: Any) -> None:
    identifier = RRefId(seven, seven)
    assert identifier == RRefId(7, 7)
    assert (type(identifier.created_on), type(identifier.local_id)) == (int, int)
    assert repr(identifier) == "RRefId(7, 7)"


@each_class
@pytest.mark.parametrize("name", ["created_on", "local_id", "another"])
def test_is_immutable(cls: type[GloballyUniqueId], name: str) -> None:
    identifier = cls(1, 2)
    with pytest.raises(AttributeError):
        setattr(identifier, name, 3)
    with pytest.raises(AttributeError):
        delattr(identifier, name)
    assert identifier == cls(1, 2)


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda value, protocol=protocol: pickle.loads(pickle.dumps(value, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
@given(classes, worker_ids, int64)
def test_survives_copy_and_pickle(
    again: Callable[[Any], Any], cls: type[GloballyUniqueId], worker: int, number: int
) -> None:
    identifier = again(cls(worker, number))
    assert identifier == cls(worker, number)
    assert type(identifier) is cls


@given(classes, worker_ids, int64)
def test_becomes_a_tuple_of_ints_and_comes_back(
    cls: type[GloballyUniqueId], worker: int, number: int
) -> None:
    ivalue = cls(worker, number).toIValue()
    assert ivalue == IValue.from_python((worker, number), "Tuple[int, int]")
    again = cls.fromIValue(ivalue)
    assert again == cls(worker, number)
    assert type(again) is cls


def _tuple(*values: Any) -> IValue:
    return IValue.from_python(values)


@each_class
@pytest.mark.parametrize(
    ("ivalue", "problem"),
    [
        (IValue("int_value", 1), "expected a tuple of two ints, got int"),
        (IValue("none_value"), "expected a tuple of two ints, got none_value"),
        (IValue("int_list", [1, 2]), "expected a tuple of two ints"),
        (_tuple(), "expected a tuple of two ints"),
        (_tuple(1), "expected a tuple of two ints"),
        (_tuple(1, 2, 3), "expected a tuple of two ints"),
        (_tuple(1, 2.0), "expected a tuple of two ints"),
        (_tuple(True, 2), "expected a tuple of two ints"),
        (_tuple("1", "2"), "expected a tuple of two ints"),
        (_tuple(0x8000, 2), "expected an integer from -32768 to 32767, got 32768"),
        (_tuple(-0x8001, 2), "expected an integer from -32768 to 32767, got -32769"),
    ],
    ids=lambda value: value.type if isinstance(value, IValue) else "",
)
def test_comes_back_from_nothing_else(
    cls: type[GloballyUniqueId], ivalue: IValue, problem: str
) -> None:
    with pytest.raises(DecodeError, match=problem) as caught:
        cls.fromIValue(ivalue)
    assert cls.__name__ in caught.value.where


@each_class
@pytest.mark.parametrize("wrong", [(1, 2), None, 3], ids=repr)
def test_comes_back_from_no_other_python_type(cls: type[GloballyUniqueId], wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        cls.fromIValue(wrong)
