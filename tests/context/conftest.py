"""What the tests of RRefContext share."""

from __future__ import annotations

import pytest

from workers import Workers


@pytest.fixture
def workers() -> Workers:
    return Workers()
