"""Limits: every one can be set, to a number from 1 on."""

from __future__ import annotations

from dataclasses import fields

import pytest

from rref_proto import EncodeError
from rref_proto.tensorpipe import Limits


@pytest.mark.parametrize("name", [each.name for each in fields(Limits)])
def test_a_limit_is_a_positive_number(name: str) -> None:
    assert getattr(Limits(**{name: 7}), name) == 7
    for wrong in (0, -1, 2**63):
        with pytest.raises(EncodeError, match=rf"Limits\.{name}"):
            Limits(**{name: wrong})
    with pytest.raises(TypeError, match=rf"Limits\.{name}"):
        Limits(**{name: 1.5})  # type: ignore[arg-type]


def test_every_limit_is_described() -> None:
    for each in fields(Limits):
        assert f"`{each.name}`" in str(Limits.__doc__)
