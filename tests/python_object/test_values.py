"""PythonUDF and PythonRemoteException: what they accept, and how they behave as values."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rref_proto import EncodeError, PythonRemoteException, PythonUDF

CALL = PythonUDF("module.function", (1, [2]), {"key": 3})
RAISED = PythonRemoteException("On worker", "builtins.ValueError")


@pytest.mark.parametrize("value", [CALL, RAISED], ids=repr)
def test_repr_can_be_pasted_back(value: Any) -> None:
    classes = {"PythonUDF": PythonUDF, "PythonRemoteException": PythonRemoteException}
    assert eval(repr(value), classes) == value


@pytest.mark.parametrize("value", [CALL, RAISED], ids=repr)
def test_is_immutable(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(AttributeError):
            setattr(value, field.name, None)


def test_matches_by_position() -> None:
    match CALL, RAISED:
        case PythonUDF(function, args, kwargs), PythonRemoteException(text, exception_type):
            assert (function, args, kwargs) == ("module.function", (1, [2]), {"key": 3})
            assert (text, exception_type) == ("On worker", "builtins.ValueError")
        case _:
            pytest.fail("the pattern did not match")


def test_arguments_may_be_left_out() -> None:
    assert PythonUDF("module.function") == PythonUDF("module.function", (), {})


def test_keeps_nothing_that_the_caller_may_change() -> None:
    args, kwargs = [1], {"key": 1}
    call = PythonUDF("module.function", args, kwargs)  # type: ignore[arg-type]
    args.clear()
    kwargs.clear()
    assert call == PythonUDF("module.function", (1,), {"key": 1})


@pytest.mark.parametrize(
    "name", ["a.b", "package.module.function", "module:Class.method", "a.b:C.D.e", "__main__.f"]
)
def test_names(name: str) -> None:
    assert PythonUDF(name).function == name
    assert PythonRemoteException("", name).exception_type == name


def test_a_colon_that_is_not_needed_is_left_out() -> None:
    assert PythonUDF("module:function").function == "module.function"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "function",
        ".function",
        "module.",
        "a..b",
        "a:",
        ":b",
        "a:b:c",
        "a:b..c",
        "a." + "b" * 2000,
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(EncodeError, match=r"^PythonUDF.function: expected a name such as"):
        PythonUDF(name)
    with pytest.raises(EncodeError, match=r"^PythonRemoteException.exception_type: expected a"):
        PythonRemoteException("", name)


def test_values_of_a_wrong_type_are_refused() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: PythonUDF(len), r"PythonUDF.function: expected a str"),  # type: ignore[arg-type]
        (lambda: PythonUDF("a.b", 3), r"PythonUDF.args: expected an iterable"),  # type: ignore[arg-type]
        (lambda: PythonUDF("a.b", (), [1]), r"PythonUDF.kwargs: expected dict"),  # type: ignore[arg-type]
        (lambda: PythonUDF("a.b", (), {1: 2}), r"PythonUDF.kwargs: expected"),  # type: ignore[dict-item]
        (lambda: PythonRemoteException(b"", "a.b"), r"PythonRemoteException.text: expected a str"),  # type: ignore[arg-type]
        (lambda: PythonRemoteException("", ValueError), r"exception_type: expected a str"),  # type: ignore[arg-type]
    ]
    for make, problem in wrong:
        with pytest.raises(TypeError, match=problem):
            make()
