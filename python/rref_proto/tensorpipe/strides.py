"""From the elements of a storage to those of a tensor: where they are is said by strides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Literal, NamedTuple

# How the elements of a storage are copied, by their size in bytes.
FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
LARGEST_ELEMENT = 8
# Taking a row of elements takes as long as copying so many bytes.
BYTES_PER_ROW = 64


def strides_of(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the strides of a contiguous tensor, as libtorch counts them."""
    strides, step = [], 1
    for size in reversed(sizes):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def is_contiguous(sizes: Sequence[int], strides: Sequence[int]) -> bool:
    """Tell whether the elements of a tensor that has some are in the order of a contiguous one."""
    expected = strides_of(sizes)
    return all(
        size == 1 or stride == step
        for size, stride, step in zip(sizes, strides, expected, strict=True)
    )


def last_element(sizes: Sequence[int], strides: Sequence[int]) -> int:
    """Return how far the last element of a tensor that has some is behind the first."""
    return sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))


def cost_of(sizes: Sequence[int], itemsize: int) -> int:
    """Return about what `gathered` takes, in bytes that are copied."""
    count = prod(sizes)
    rows = count // max(sizes, default=1)
    return count * itemsize + rows * BYTES_PER_ROW


class _Dimension(NamedTuple):
    """A dimension that is copied: its size, and its strides in the storage and in the copy."""

    size: int
    stride: int
    step: int

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield where each of its elements is: in the storage, and in the copy."""
        return ((each * self.stride, each * self.step) for each in range(self.size))


def gathered(
    storage: memoryview, itemsize: int, sizes: Sequence[int], strides: Sequence[int]
) -> bytes:
    """Return the elements of a tensor, which is not contiguous, in C order.

    Its first element is the storage's first. The strides are positive or 0, and no element is
    behind the storage. An element that is larger than a machine word is a dimension of several
    words.
    """
    if itemsize > LARGEST_ELEMENT:
        words = itemsize // LARGEST_ELEMENT
        sizes, strides = (*sizes, words), (*(stride * words for stride in strides), 1)
        itemsize = LARGEST_ELEMENT
    form = FORMATS[itemsize]
    elements = storage[: len(storage) // itemsize * itemsize].cast(form)
    copy = bytearray(prod(sizes) * itemsize)
    target = memoryview(copy).cast(form)
    dimensions = [
        _Dimension(*each)
        for each in zip(sizes, strides, strides_of(sizes), strict=True)
        if each[0] > 1
    ]
    # The longest dimension is copied as a whole, for each place in the others; of two that are as
    # long, the one whose elements are side by side.
    row = max(dimensions, key=lambda each: (each.size, each.stride == each.step == 1))
    dimensions.remove(row)
    taken = (row.size - 1) * row.stride + 1
    put = (row.size - 1) * row.step + 1
    for places in product(*(each.places() for each in dimensions)):
        first = sum(source for source, _ in places)
        to = sum(place for _, place in places)
        if row.stride:
            values = elements[first : first + taken : row.stride]
        else:
            values = memoryview(elements[first : first + 1].tobytes() * row.size).cast(form)
        target[to : to + put : row.step] = values
    return bytes(copy)
