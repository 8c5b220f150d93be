"""Looks at keys before they are hashed, so that no key takes work out of proportion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import DecodeError
from ..ivalue import RRefForkData

# How much work may be done for the references of a pickle, for each of its bytes. A pickle without
# references needs far less.
WORK_PER_BYTE = 64
# An entry of a dict or set takes so much memory when a call copies it.
STEPS_OF_AN_ENTRY = 16
# So many bytes are hashed or compared in the time of one small value.
BYTES_AT_ONCE = 64
# Python hashes a tuple inside a tuple by recursion.
MAX_KEY_DEPTH = 100
# Ints with one hash are easily found, and each of them is compared with all others in a dict.
MOST_WITH_ONE_HASH = 100

WITHOUT_PARTS = frozenset({type(None), bool, float, complex})


class Budget:
    """The work that may be done for the references of one pickle."""

    def __init__(self, pickle_size: int) -> None:
        self.limit = self.left = WORK_PER_BYTE * pickle_size

    def spend(self, work: int) -> None:
        """Count work: about as many steps, or copied bytes. Raises DecodeError where none is left.

        What a value takes anyway, without a reference to it, may be counted too.
        """
        self.left -= work
        if self.left < 0:
            raise DecodeError(
                f"expected references that take no more than {self.limit} steps, "
                f"{WORK_PER_BYTE} for each byte, got more"
            )

    def check_keys(self, keys: Sequence[Any]) -> None:
        """Raise DecodeError unless a dict or set of these keys can be made with little work."""
        for key in keys:
            self._count(key, 0)
        if len(keys) > MOST_WITH_ONE_HASH:
            same = max(Counter(map(hash, keys)).values())
            if same > MOST_WITH_ONE_HASH:
                raise DecodeError(
                    f"expected at most {MOST_WITH_ONE_HASH} keys of one hash, got {same}"
                )

    def _count(self, key: Any, depth: int) -> None:
        """Count the work of hashing a key once, or comparing it."""
        kind = type(key)
        if kind is str or kind is bytes:
            self.spend(1 + len(key) // BYTES_AT_ONCE)
        elif kind is int:
            self.spend(1 + key.bit_length() // (8 * BYTES_AT_ONCE))
        elif kind is RRefForkData:
            self.spend(1 + len(key.type_str) // BYTES_AT_ONCE)
        elif kind is tuple or kind is frozenset:
            if depth == MAX_KEY_DEPTH:
                raise DecodeError(f"expected a key of at most {MAX_KEY_DEPTH} levels, got more")
            self.spend(1)
            for item in key:
                self._count(item, depth + 1)
        elif kind in WITHOUT_PARTS:
            self.spend(1)
        else:
            raise DecodeError(f"expected a key that can be hashed, got {kind.__name__}")
