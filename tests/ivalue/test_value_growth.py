"""The work to make, compare and read values grows with their written-out size alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rref_proto import (
    Device,
    EncodeError,
    ForkId,
    GenericList,
    IValue,
    Message,
    RRefForkData,
    RRefId,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    fromMessage,
)
from rref_proto.ivalue.annotation import Annotation
from rref_proto.ivalue.from_python import LARGEST_CACHED, writer_of

from work import LARGEST_GROWTH, growth_of, work_of

TENSOR = Tensor(ScalarType.uint8, [1], b"x")


def repeated(wrap: Callable[[Any], Any], levels: int, core: Any = 1) -> Any:
    for _ in range(levels):
        core = wrap(core)
    return core


DOUBLING: dict[str, Callable[[Any], Any]] = {
    "lists": lambda value: [value, value],
    "tuples": lambda value: (value, value),
    "dicts": lambda value: {"a": value, "b": value},
    "lists of lists": lambda value: [[value], [value]],
    "lists and tuples": lambda value: [(value, value)],
}


@pytest.mark.parametrize("wrap", DOUBLING.values(), ids=DOUBLING)
@pytest.mark.parametrize("annotation", [None, "Any"])
def test_a_value_that_unfolds_beyond_the_limit_is_refused_at_once(
    wrap: Callable[[Any], Any], annotation: str | None
) -> None:
    def attempt(levels: int) -> None:
        with pytest.raises(EncodeError, match="size_limit"):
            IValue.from_python(value[levels], annotation, size_limit=1000)

    value = {levels: repeated(wrap, levels) for levels in (10, 20, 40)}
    works = [work_of(lambda levels=levels: attempt(levels)) for levels in (10, 20, 40)]  # type: ignore[misc]
    assert works[2] < 4.5 * works[0]
    with pytest.raises(EncodeError, match="at most 67108864 bytes"):
        IValue.from_python(repeated(wrap, 30))


@pytest.mark.parametrize("wrap", DOUBLING.values(), ids=DOUBLING)
def test_sharing_below_the_limit_is_written_out(wrap: Callable[[Any], Any]) -> None:
    def unfolded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: unfolded(each) for key, each in value.items()}
        return type(value)(map(unfolded, value)) if isinstance(value, (list, tuple)) else value

    value = repeated(wrap, 10)
    made, again = IValue.from_python(value), IValue.from_python(unfolded(value))
    assert made == again
    assert hash(made) == hash(again)
    assert made.byte_size == again.byte_size
    assert made.to_python() == value


@pytest.mark.parametrize("wrap", DOUBLING.values(), ids=DOUBLING)
def test_the_work_for_what_is_shared_grows_as_what_is_written(wrap: Callable[[Any], Any]) -> None:
    """Two levels more are four times as many values."""
    works = [work_of(lambda n=n: IValue.from_python(repeated(wrap, n))) for n in (8, 8, 10)]  # type: ignore[misc]
    assert works[2] < LARGEST_GROWTH * works[1]


def test_a_type_with_equal_parts_is_inferred_and_asked_for_once_a_part() -> None:
    def attempt(levels: int) -> None:
        annotation = repeated(
            lambda each: Annotation("Tuple", (each, each)), levels, Annotation("a")
        )
        assert annotation == Annotation("Tuple", annotation.arguments)
        assert annotation.known
        assert annotation.parts == 2 ** (levels + 1) - 1
        assert len({annotation, annotation}) == 1

    assert growth_of(attempt, 10) < LARGEST_GROWTH


def test_writers_of_large_types_are_not_kept() -> None:
    small = Annotation("Tuple", (Annotation("int"),) * (LARGEST_CACHED - 1))
    large = Annotation("Tuple", (Annotation("int"),) * LARGEST_CACHED)
    assert writer_of(small) is writer_of(small)
    assert writer_of(large) is not writer_of(large)


def rref(number: int, text: str = "x") -> RRefForkData:
    return RRefForkData(1, RRefId(1, 2), ForkId(1, number), 1, text)


def nested_union(levels: int) -> str:
    return repeated(lambda text: f"Union[List[{text}], Dict[str, int]]", levels, "int")


# What from_python takes, by its size: a value and its declared type.
PYTHON: dict[str, Callable[[int], tuple[Any, str | None]]] = {
    "ints": lambda size: (list(range(1000, 1000 + size)), None),
    "texts": lambda size: (["text"] * size, None),
    "a long text in many places": lambda size: (["x" * size] * 10, None),
    "a tuple of empty lists": lambda size: (
        ([],) * size, f"Tuple[{', '.join(['List[str]'] * size)}]"
    ),
    "a tuple of other empty lists": lambda size: (
        tuple([] for _ in range(size)), f"Tuple[{', '.join(['List[int]'] * size)}]"
    ),
    "a tuple of lists": lambda size: (tuple([1] for _ in range(size)), None),
    "a tuple of other types": lambda size: (
        tuple([(1, "a", None)[number % 3]] for number in range(size)), None
    ),
    "lists of empty lists": lambda size: ([[[]]] * size, "List[List[List[str]]]"),
    "lists of lists": lambda size: ([[["a"]]] * size, None),
    "lists of tuples": lambda size: ([(1, "a")] * size, None),
    "a list of other tuples": lambda size: ([(number, "a") for number in range(size)], None),
    "a dict of dicts": lambda size: ({number: {"a": [1]} for number in range(size)}, None),
    "optional elements": lambda size: ([None, 1] * size, None),
    "a union": lambda size: ([1, "a"] * size, "List[Union[str, int]]"),
    "optionals inside optionals": lambda size: (
        [[[1], None]] * size, "List[Optional[List[Optional[List[int]]]]]"
    ),
    "a wide union": lambda size: ([1] * 10, f"List[Union[{', '.join(['List[str]'] * size)}, int]]"),
    "any": lambda size: ([1, "a", [2]] * size, "List[Any]"),
    "tensors": lambda size: ([TENSOR] * size, None),
    "other tensors": lambda size: (
        [Tensor(ScalarType.uint8, [1], b"x") for _ in range(size)], None
    ),
    "rrefs": lambda size: ([rref(number) for number in range(size)], None),
    "devices": lambda size: ([Device("cpu")] * size, None),
    "values": lambda size: ([IValue("int_value", 1)] * size, None),
    "values with a long type": lambda size: (
        [IValue("list_value", GenericList(f"List[{'x' * 40}]", ()))] * size, None
    ),
    "lists with a long type": lambda size: ([[]] * 10, f"List[List[RRef[{'x' * size}]]]"),
}  # fmt: skip


@pytest.mark.parametrize("make", PYTHON.values(), ids=PYTHON)
def test_making_grows_with_the_size(make: Callable[[int], tuple[Any, str | None]]) -> None:
    python = {size: make(size) for size in (1, 200, 800)}
    assert growth_of(lambda size: IValue.from_python(*python[size]), 200) < LARGEST_GROWTH


@pytest.mark.parametrize("make", PYTHON.values(), ids=PYTHON)
def test_reading_comparing_and_asking_grow_with_the_size(
    make: Callable[[int], tuple[Any, str | None]],
) -> None:
    values = {size: IValue.from_python(*make(size)) for size in (1, 200, 800)}
    wires = {
        size: ScriptRRefFetchRet([value]).toMessage().SerializeToString()
        for size, value in values.items()
    }

    def attempt(size: int) -> None:
        command = fromMessage(Message.FromString(wires[size]))
        assert isinstance(command, ScriptRRefFetchRet)
        (value,) = command.values()
        assert value == values[size]
        assert hash(value) == hash(values[size])
        assert value.to_python() is not value
        assert value.type == values[size].type
        assert value.tensors() == values[size].tensors()
        assert value.rrefs() == values[size].rrefs()
        assert IValue(value.kind, value.value) == value

    assert growth_of(attempt, 200) < LARGEST_GROWTH


def test_a_value_is_made_once() -> None:
    value = IValue.from_python([["a", "b"]] * 1000)
    assert value.value is value.value
    assert work_of(lambda: value.value) < 5


@pytest.mark.parametrize("fits", [True, False])
def test_levels_of_a_declared_union_do_not_multiply(fits: bool) -> None:
    def attempt(levels: int) -> None:
        value = repeated(lambda each: [each], levels, 1 if fits else "a")
        try:
            IValue.from_python(value, nested_union(levels))
        except TypeError:
            assert not fits

    # At each level the type is written once more, so that the text is quadratic in the levels.
    assert growth_of(attempt, 8) < 16


def test_deep_messages_are_read_with_work_in_proportion() -> None:
    def attempt(size: int) -> None:
        command = fromMessage(Message.FromString(wires[size]))
        assert isinstance(command, ScriptRRefFetchRet)

    wires = {}
    for size in (1, 200, 800):
        value = repeated(lambda each: [each], 40, [1] * size)
        message = ScriptRRefFetchRet([IValue.from_python(value)]).toMessage()
        wires[size] = message.SerializeToString()
    assert growth_of(attempt, 200) < LARGEST_GROWTH


# A number or None is counted as 16 bytes, as is each container.
LIMITS: dict[str, tuple[Any, str | None, int]] = {
    "an int": (1, None, 16),
    "None": (None, None, 16),
    "a text": ("four", None, 20),
    "a list": ([1, 2], None, 48),
    "a tuple": ((1, "a"), None, 49),
    "a dict": ({"a": 1}, None, 65 + len("Dict[str, int]")),
    "a list with its type": (["a"], None, 33 + len("List[str]")),
    "an empty list with its type": ([], "List[Device]", 16 + len("List[Device]")),
    "two lists with their types": ([["a"]] * 2, None, 82 + 2 * 9 + len("List[List[str]]")),
    "a long type": ([], f"List[RRef[{'x' * 1000}]]", 16 + 1012),
}  # fmt: skip


@pytest.mark.parametrize(("value", "annotation", "size"), LIMITS.values(), ids=LIMITS)
def test_the_limit_is_exact(value: Any, annotation: str | None, size: int) -> None:
    made = IValue.from_python(value, annotation, size_limit=size)
    assert made == IValue.from_python(value, annotation)
    for limit in (size - 1, 0):
        with pytest.raises(EncodeError, match=rf"at most {limit} bytes \(size_limit\), got"):
            IValue.from_python(value, annotation, size_limit=limit)


@pytest.mark.parametrize("limit", [None, 1.5, "1", True])
def test_a_limit_is_an_int(limit: Any) -> None:
    with pytest.raises(TypeError, match="size_limit: expected an int"):
        IValue.from_python(1, size_limit=limit)


@pytest.mark.parametrize("limit", [-1, 2**63])
def test_a_limit_is_in_its_range(limit: int) -> None:
    with pytest.raises(EncodeError, match="size_limit: expected an integer from 0"):
        IValue.from_python(1, size_limit=limit)


def test_a_type_that_was_tried_in_vain_is_not_counted() -> None:
    long = f"Tuple[List[RRef[{'x' * 1000}]], str]"
    union = f"Union[{long}, Tuple[List[str], int]]"
    made = IValue.from_python(([], 1), union, size_limit=48 + len("List[str]"))
    assert made == IValue.from_python(([], 1), "Tuple[List[str], int]")
