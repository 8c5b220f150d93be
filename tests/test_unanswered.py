"""Which requests were answered, and which were not."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from rref_proto.ledger import Unanswered

from strategies import worker_ids

message_ids = st.integers(-(2**63), 2**63 - 1)
requests = st.tuples(worker_ids, worker_ids, message_ids)


def note_request(unanswered: Unanswered, request: tuple[int, int, int]) -> None:
    sender, receiver, number = request
    unanswered.note(sender, receiver, number, True, request)


def note_answer(unanswered: Unanswered, request: tuple[int, int, int]) -> None:
    sender, receiver, number = request
    unanswered.note(receiver, sender, number, False, None)


def test_a_request_is_open_until_its_answer() -> None:
    unanswered = Unanswered()
    for request in ((0, 1, 7), (1, 0, 7), (0, 2, 7), (0, 1, 8)):
        note_request(unanswered, request)
    note_answer(unanswered, (1, 0, 7))
    assert list(unanswered) == [(0, 1, 7), (0, 2, 7), (0, 1, 8)]
    assert len(unanswered) == 3
    assert unanswered.without_id == 0


def test_a_request_that_is_noted_again_keeps_its_place_and_what_was_noted_first() -> None:
    unanswered = Unanswered()
    for what in ("first", "other", "again"):
        unanswered.note(0, 1, 2 if what == "other" else 1, True, what)
    assert list(unanswered) == ["first", "other"]


def test_what_is_noted_may_be_none() -> None:
    unanswered = Unanswered()
    unanswered.note(0, 1, 1, True, None)
    assert list(unanswered) == [None]
    unanswered.note(1, 0, 1, False, None)
    unanswered.note(0, 1, 1, True, "the id is used again")
    assert list(unanswered) == ["the id is used again"]


def test_requests_without_an_id_are_counted() -> None:
    unanswered = Unanswered()
    unanswered.note(0, 1, None, True, "request")
    unanswered.note(0, 1, None, True, "request")
    unanswered.note(1, 0, None, False, "answer")
    assert unanswered.without_id == 2
    assert list(unanswered) == []


@given(st.sets(requests), st.sets(requests), st.randoms())
def test_those_without_an_answer_are_open_in_any_order(
    answered: set[tuple[int, int, int]],
    others: set[tuple[int, int, int]],
    shuffle: random.Random,
) -> None:
    others -= answered
    steps = [(note_request, request) for request in sorted(answered | others)]
    steps += [(note_answer, request) for request in sorted(answered)]
    shuffle.shuffle(steps)
    unanswered = Unanswered()
    for note, request in steps:
        note(unanswered, request)
    noted = [request for note, request in steps if note is note_request]
    assert list(unanswered) == [request for request in noted if request in others]


class Colliding(int):
    """A number whose hash is that of all others. Counts how often two are compared."""

    compared = 0

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        Colliding.compared += 1
        return int(self) == other


def test_ids_that_are_chosen_to_collide_make_no_work() -> None:
    unanswered = Unanswered()
    for number in range(1000):
        note_request(unanswered, (0, 1, Colliding(number)))
    for number in range(1000):
        note_answer(unanswered, (0, 1, Colliding(number)))
    assert len(unanswered) == 0
    assert Colliding.compared == 0
