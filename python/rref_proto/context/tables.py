"""All tables of one worker."""

from __future__ import annotations

from collections.abc import Sized

from .effects import Effect
from .owner import OwnerRRefs
from .passed import PassedRRefs
from .requests import Questions, Requests
from .user import UserForks


class Tables:
    """The tables of one worker, which share the list of effects that they add to."""

    def __init__(self, worker_id: int) -> None:
        self.worker_id = worker_id
        self._effects: list[Effect] = []
        self.requests = Requests(self._effects)
        self.questions = Questions()
        self.user = UserForks(self.requests, self._effects)
        self.owner = OwnerRRefs(worker_id, self.questions, self._effects)
        self.passed = PassedRRefs(worker_id, self.user, self.owner, self.requests)

    def add(self, effect: Effect) -> None:
        """Add an effect."""
        self._effects.append(effect)

    def take_effects(self) -> list[Effect]:
        """Return the effects that were added since the last time."""
        effects = self._effects.copy()
        self._effects.clear()
        return effects

    @property
    def are_empty(self) -> bool:
        """Whether no table has a row, but for those that only remember what has ended."""
        tables: tuple[Sized, ...] = (
            self.user,
            self.owner,
            self.passed,
            self.requests,
            self.questions,
        )
        return not any(len(table) for table in tables)
