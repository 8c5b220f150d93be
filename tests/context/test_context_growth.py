"""The work and the memory of a context grow with what it is told, and not faster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rref_proto import (
    ForkId,
    RemoteException,
    RRefContext,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScriptCall,
    ScriptRRefFetchCall,
)
from rref_proto.context import Called

from work import LARGEST_GROWTH, growth_of, peak_of
from workers import FUNCTION, OWNER, Workers, arguments

USER = 1


def forks_of_one_rref(size: int) -> None:
    owner = RRefContext(OWNER)
    own = owner.createOwnerRRef("int")
    for number in range(size):
        owner.receive(USER, number, RRefForkRequest(own.rref_id, ForkId(USER, number)))
    for number in range(size):
        owner.receive(USER, number, RRefUserDelete(own.rref_id, ForkId(USER, number)))


def fetches_of_one_rref(size: int) -> None:
    owner = RRefContext(OWNER)
    own = owner.createOwnerRRef("int")
    for number in range(size):
        owner.receive(USER, number, ScriptRRefFetchCall(USER, own.rref_id))
    for number in range(0, size, 2):
        owner.answer(USER, number, RemoteException("too late"))
    owner.setError(own.rref_id, RemoteException("it failed"))


def children_of_one_fork(size: int) -> None:
    workers = Workers()
    rref = workers.created()
    for _ in range(size):
        _, requests = workers.passed_on(USER, rref, 2)
        workers.bring_all(2, requests)


def rrefs_in_one_message(size: int) -> None:
    user = RRefContext(OWNER)
    forks = [
        RRefForkData(USER, RRefId(USER, number), ForkId(USER, number), USER, "int")
        for number in range(size)
    ]
    (called,) = user.receive(USER, 0, ScriptCall(FUNCTION, arguments(*forks)))
    assert isinstance(called, Called)
    for rref in called.rrefs.values():
        user.drop(rref)


def calls_that_wait(size: int) -> None:
    context = RRefContext(OWNER)
    requests = [context.call(USER, ScriptCall(FUNCTION, [])) for _ in range(size)]
    for request in requests:
        context.abandon(request)


def deletes_of_unknown_forks(size: int) -> None:
    owner = RRefContext(OWNER)
    for number in range(size):
        delete = RRefUserDelete(RRefId(USER, 1), ForkId(USER, number * 4096))
        owner.receive(USER, number, delete)


SHAPES: list[Callable[[int], None]] = [
    forks_of_one_rref,
    fetches_of_one_rref,
    children_of_one_fork,
    rrefs_in_one_message,
    calls_that_wait,
    deletes_of_unknown_forks,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_work_and_memory_grow_with_the_number_of_messages(shape: Callable[[int], None]) -> None:
    assert growth_of(shape, 100) < LARGEST_GROWTH


def rrefs_one_after_another(size: int) -> None:
    workers = Workers()
    for _ in range(size):
        rref = workers.created()
        workers.bring_all(USER, workers.creator.drop(rref))
    assert workers.owner.is_idle
    assert workers.creator.is_idle


def test_what_has_ended_takes_almost_no_memory() -> None:
    rrefs_one_after_another(1)
    few, many = (peak_of(lambda size=size: rrefs_one_after_another(size)) for size in (200, 2000))
    assert many < 1.5 * few
