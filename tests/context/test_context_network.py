"""RRefContexts among themselves: whatever the network does, no value is lost and none is kept."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from network import Network


@given(st.data(), st.integers(1, 4), st.integers(0, 20))
def test_whatever_happens_no_value_is_lost_and_none_is_kept(
    data: st.DataObject, workers: int, steps: int
) -> None:
    network = Network(workers, lambda items: data.draw(st.sampled_from(list(items))))
    for _ in range(steps):
        network.step()
    network.end()


@given(st.integers(0, 2**32))
def test_in_long_conversations_too(seed: int) -> None:
    chance = random.Random(seed)
    network = Network(chance.randint(2, 5), chance.choice)
    for _ in range(150):
        network.step()
    network.end()
