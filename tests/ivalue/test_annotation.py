"""TorchScript's annotations: how they are read, written and unified."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rref_proto import EncodeError
from rref_proto.ivalue.annotation import MAX_BRACKETS, NONE, UNKNOWN, Annotation, parse, unify

INT, STR, FLOAT = Annotation("int"), Annotation("str"), Annotation("float")
LEAVES = ["int", "str", "float", "bool", "Tensor", "Any", "Device", "__torch__.module.Class"]

leaves = st.sampled_from([*map(Annotation, LEAVES), NONE])


def _list(element: Annotation) -> Annotation:
    return Annotation("List", (element,))


def _dict(key: Annotation, value: Annotation) -> Annotation:
    return Annotation("Dict", (key, value))


def _optional(inner: Annotation) -> Annotation:
    return Annotation("Optional", (inner,))


def _tuple(*elements: Annotation) -> Annotation:
    return Annotation("Tuple", elements)


def _generics(children: st.SearchStrategy[Annotation]) -> st.SearchStrategy[Annotation]:
    return st.one_of(
        st.builds(_list, children),
        st.builds(_dict, children, children),
        st.builds(_optional, children),
        st.builds(lambda inner: Annotation("RRef", (inner,)), children),
        st.builds(lambda inner: Annotation("Future", (inner,)), children),
        st.lists(children, max_size=3).map(lambda parts: _tuple(*parts)),
        st.lists(children, min_size=1, max_size=3).map(lambda p: Annotation("Union", tuple(p))),
    )


writable = st.recursive(leaves, _generics, max_leaves=12)


def _inferable_parts(children: st.SearchStrategy[Annotation]) -> st.SearchStrategy[Annotation]:
    maybe_empty = children | st.just(UNKNOWN)
    return st.one_of(
        st.builds(_list, maybe_empty),
        st.builds(_dict, maybe_empty, maybe_empty),
        st.lists(children, max_size=2).map(lambda parts: _tuple(*parts)),
    )


# The annotations that `infer` returns for plain values, before `unify` adds Optional.
inferable = st.recursive(st.sampled_from([INT, STR, NONE]), _inferable_parts, max_leaves=4)


@given(writable)
def test_what_is_written_is_read_back(annotation: Annotation) -> None:
    assert parse(str(annotation)) == annotation


@given(writable, st.data())
def test_white_space_between_the_parts_means_nothing(
    annotation: Annotation, data: st.DataObject
) -> None:
    spaces = st.text(" \t\n", max_size=2)
    text = str(annotation).replace("[()]", "\0")
    for sign in "[],":
        text = text.replace(sign, f"{data.draw(spaces)}{sign}{data.draw(spaces)}")
    text = f"{data.draw(spaces)}{text}{data.draw(spaces)}".replace("\0", "[ ( ) ]")
    assert parse(text) == annotation


@pytest.mark.parametrize(
    ("text", "annotation"),
    [
        ("int", INT),
        ("__torch__.a.B", Annotation("__torch__.a.B")),
        ("NoneType", NONE),
        ("None", NONE),
        (" None ", NONE),
        ("List[None]", _list(NONE)),
        ("Optional[None]", _optional(NONE)),
        ("Tuple[int, None]", _tuple(INT, NONE)),
        ("Union[None, str]", Annotation("Union", (NONE, STR))),
        ("Tuple[()]", _tuple()),
        ("Tuple[int]", _tuple(INT)),
        ("Tuple[Tuple[()], int]", _tuple(_tuple(), INT)),
        ("Dict[str,List[int]]", _dict(STR, _list(INT))),
        ("RRef[Optional[Tensor]]", Annotation("RRef", (_optional(Annotation("Tensor")),))),
    ],
)
def test_reads_torchscripts_notation(text: str, annotation: Annotation) -> None:
    assert parse(text) == annotation


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (INT, "int"),
        (_tuple(), "Tuple[()]"),
        (_tuple(INT, STR), "Tuple[int, str]"),
        (_dict(STR, _list(_optional(INT))), "Dict[str, List[Optional[int]]]"),
    ],
)
def test_writes_torchscripts_notation(annotation: Annotation, text: str) -> None:
    assert str(annotation) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "?",
        "List",
        "List[",
        "List[]",
        "List[()]",
        "List[?]",
        "List[int",
        "List[int,",
        "List[int,]",
        "List[,int]",
        "List[int]]",
        "List[int] int",
        "List[int][int]",
        "List[int str]",
        "List[int, str]",
        "Dict[str]",
        "Dict[str, int, int]",
        "Optional",
        "Optional[int, str]",
        "RRef[int, int]",
        "Future",
        "Tuple[(]",
        "Tuple[(int)]",
        "int[str]",
        "int[()]",
        "int str",
        "int]",
        "[int]",
        "(int)",
        "int | None",
        "int-1",
        "List<int>",
        "a[0]\x00",
    ],
)
def test_refuses_text_that_is_not_an_annotation(text: str) -> None:
    with pytest.raises(EncodeError, match="expected an annotation such as"):
        parse(text)


def _is_read(text: str) -> bool:
    """Tell whether `text` is an annotation. What was read must be the same when read again."""
    try:
        annotation = parse(text)
    except EncodeError:
        return False
    assert parse(str(annotation)) == annotation
    return True


@given(st.text("ListOptionalUnionTuple[](), \n?.int", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    _is_read(text)  # only an unexpected exception makes the test fail


def test_a_text_with_any_character_left_out_is_read_or_refused() -> None:
    text = "Dict[str, Tuple[()]]"
    assert _is_read(text)
    shorter = [text[:left_out] + text[left_out + 1 :] for left_out in range(len(text))]
    assert [each for each in shorter if _is_read(each)] == [
        "Dict[tr, Tuple[()]]",
        "Dict[sr, Tuple[()]]",
        "Dict[st, Tuple[()]]",
        "Dict[str,Tuple[()]]",
    ]


def _nested(levels: int, head: str = "List[", tail: str = "]") -> str:
    return head * levels + "int" + tail * levels


def test_reads_nesting_up_to_its_limit() -> None:
    deepest = _nested(MAX_BRACKETS)
    assert str(parse(deepest)) == deepest
    with pytest.raises(EncodeError):
        parse(_nested(MAX_BRACKETS + 1))


@pytest.mark.parametrize(
    "text",
    [
        _nested(10_000),
        _nested(10_000, tail=""),
        _nested(10_000, "Dict[str, "),
        _nested(10_000, "Tuple["),
        "[" * 10_000,
        "(" * 10_000,
        "]" * 10_000,
        "Tuple[" + "int, " * 10_000,
        "Tuple[()" * 10_000,
    ],
    ids=lambda text: text[:12],
)
def test_refuses_nesting_without_end_and_quotes_little_of_it(text: str) -> None:
    with pytest.raises(EncodeError) as caught:
        parse(text)
    assert len(str(caught.value)) < 200


def test_reads_many_arguments() -> None:
    annotation = _tuple(*[INT] * 10_000)
    assert parse(str(annotation)) == annotation


@pytest.mark.parametrize(
    ("annotation", "known"),
    [
        (UNKNOWN, False),
        (_list(UNKNOWN), False),
        (_tuple(INT, _dict(STR, _list(UNKNOWN))), False),
        (INT, True),
        (_tuple(), True),
        (_dict(STR, _list(NONE)), True),
    ],
)
def test_known_tells_whether_any_part_is_open(annotation: Annotation, known: bool) -> None:
    assert annotation.known is known


@pytest.mark.parametrize(
    ("annotations", "common"),
    [
        ([INT], INT),
        ([INT, INT], INT),
        ([INT, UNKNOWN], INT),
        ([INT, NONE], _optional(INT)),
        ([NONE, NONE], NONE),
        ([_optional(INT), NONE], _optional(INT)),
        ([_optional(INT), INT], _optional(INT)),
        ([_optional(_list(UNKNOWN)), _optional(_list(INT))], _optional(_list(INT))),
        ([_list(UNKNOWN), _list(INT)], _list(INT)),
        ([_list(UNKNOWN), _list(UNKNOWN)], _list(UNKNOWN)),
        ([_list(NONE), _list(INT)], _list(_optional(INT))),
        ([_list(UNKNOWN), NONE], _optional(_list(UNKNOWN))),
        ([_dict(UNKNOWN, UNKNOWN), _dict(STR, INT)], _dict(STR, INT)),
        ([_tuple(INT, NONE), _tuple(INT, STR)], _tuple(INT, _optional(STR))),
        ([_tuple(), _tuple()], _tuple()),
    ],
    ids=str,
)
def test_unify_returns_what_types_have_in_common(
    annotations: list[Annotation], common: Annotation
) -> None:
    for order in permutations(annotations):
        assert unify(order) == common


def test_unify_of_nothing_is_unknown() -> None:
    assert unify([]) is UNKNOWN


@pytest.mark.parametrize(
    "annotations",
    [
        [INT, STR],
        [INT, FLOAT],
        [_list(INT), INT],
        [_list(INT), _list(STR)],
        [_list(INT), _dict(INT, INT)],
        [_tuple(INT), _tuple(INT, INT)],
        [_tuple(), _tuple(INT)],
        [INT, NONE, STR],
        [_optional(INT), STR],
        [_optional(INT), _optional(STR)],
        [Annotation("__torch__.A"), Annotation("__torch__.B")],
    ],
    ids=str,
)
def test_unify_refuses_types_that_do_not_go_together(annotations: list[Annotation]) -> None:
    for order in permutations(annotations):
        with pytest.raises(EncodeError, match="no common type"):
            unify(order)


def _unified(annotations: list[Annotation]) -> Annotation | None:
    try:
        return unify(annotations)
    except EncodeError:
        return None


@example(([INT, NONE], [NONE, INT]))  # with a common type
@example(([INT, STR], [STR, INT]))  # without a common type
@given(st.lists(inferable, max_size=4).flatmap(lambda a: st.tuples(st.just(a), st.permutations(a))))
def test_unify_does_not_depend_on_the_order(
    orders: tuple[list[Annotation], list[Annotation]],
) -> None:
    one, other = orders
    assert _unified(one) == _unified(other)


@given(inferable)
def test_unify_of_one_type_with_itself_is_that_type(annotation: Annotation) -> None:
    assert unify([annotation, annotation]) == annotation
