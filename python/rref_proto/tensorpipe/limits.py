"""Limits: how much a peer may send at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .._check import INT64_RANGE, check_int


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest of everything that a peer can choose the size of. All of them can be set.

    A peer that claims more breaks the protocol. What it claims within the limits takes memory only
    as its bytes come.

    - `handshake`: bytes of a Packet, a Brochure or a BrochureAnswer;
    - `descriptor`, `payload`, `table`: bytes of these parts of a message;
    - `buffers`: how many buffers of tensors a message has;
    - `tensor_data`: bytes of all buffers of a message;
    - `dimensions`: of one tensor;
    - `unfolded`: bytes that a message may make of its buffers' views that are not contiguous, in
      addition to 64 times the bytes that came;
    - `waiting`: messages whose payload has come, and their tensors not yet;
    - `store_value`: bytes of a value of the store.
    """

    handshake: int = 1 << 16
    descriptor: int = 1 << 22
    payload: int = 1 << 30
    table: int = 1 << 24
    buffers: int = 1 << 16
    tensor_data: int = 1 << 34
    dimensions: int = 64
    unfolded: int = 1 << 24
    waiting: int = 64
    store_value: int = 1 << 20

    def __post_init__(self) -> None:
        for each in fields(self):
            number = check_int(getattr(self, each.name), (1, INT64_RANGE[1]), f"Limits.{each.name}")
            object.__setattr__(self, each.name, number)


DEFAULT_LIMITS = Limits()
