"""What the program has of an RRef: UserRRef and OwnerRRef, immutable values."""

from __future__ import annotations

from dataclasses import dataclass

from ..ids import ForkId, RRefId


@dataclass(frozen=True, slots=True)
class UserRRef:
    """A fork of an RRef that another worker owns. Source: libtorch's UserRRef."""

    owner_id: int
    rref_id: RRefId
    fork_id: ForkId
    type_str: str

    def isOwner(self) -> bool:
        """Return False."""
        return False

    def owner(self) -> int:
        """Return `owner_id`."""
        return self.owner_id

    def rrefId(self) -> RRefId:
        """Return `rref_id`."""
        return self.rref_id

    def forkId(self) -> ForkId:
        """Return `fork_id`."""
        return self.fork_id


@dataclass(frozen=True, slots=True)
class OwnerRRef:
    """An RRef that the worker owns itself. Source: libtorch's OwnerRRef."""

    owner_id: int
    rref_id: RRefId
    type_str: str

    def isOwner(self) -> bool:
        """Return True."""
        return True

    def owner(self) -> int:
        """Return `owner_id`."""
        return self.owner_id

    def rrefId(self) -> RRefId:
        """Return `rref_id`."""
        return self.rref_id


RRef = UserRRef | OwnerRRef
