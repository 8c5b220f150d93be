"""From the elements of a storage to those of a tensor: where they are is said by strides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Literal

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
    """Return what `gathered` takes, in bytes that are copied."""
    count = prod(sizes)
    rows = count // max(sizes, default=1)
    return count * itemsize + rows * BYTES_PER_ROW


def gathered(
    storage: memoryview, itemsize: int, sizes: Sequence[int], strides: Sequence[int]
) -> bytes:
    """Return the elements of a tensor in C order. Its first element is the storage's first.

    The strides are positive or 0, and no element is behind the storage. An element that is larger
    than a machine word is a dimension of several words.
    """
    if itemsize > LARGEST_ELEMENT:
        words = itemsize // LARGEST_ELEMENT
        sizes, strides = (*sizes, words), (*(stride * words for stride in strides), 1)
        itemsize = LARGEST_ELEMENT
    elements = storage[: len(storage) // itemsize * itemsize].cast(FORMATS[itemsize])
    copied = bytearray(prod(sizes) * itemsize)
    target = memoryview(copied).cast(FORMATS[itemsize])
    steps = strides_of(sizes)
    # The longest dimension is copied as a whole, for each place in the others; of two that are as
    # long, the one whose elements are side by side.
    row = max(
        range(len(sizes)),
        key=lambda each: (sizes[each], strides[each] == steps[each] == 1),
        default=-1,
    )
    length, stride, step = (sizes[row], strides[row], steps[row]) if sizes else (1, 1, 1)
    others = [index for index in range(len(sizes)) if index != row]
    for first, to in _places(
        [sizes[each] for each in others],
        [strides[each] for each in others],
        [steps[each] for each in others],
    ):
        if stride:
            taken = elements[first : first + (length - 1) * stride + 1 : stride]
        else:
            one = elements[first : first + 1].tobytes()
            taken = memoryview(one * length).cast(FORMATS[itemsize])
        target[to : to + (length - 1) * step + 1 : step] = taken
    return bytes(copied)


def _places(
    sizes: Sequence[int], strides: Sequence[int], steps: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield where each row begins: among the elements of the storage, and of the tensor."""
    sources = [range(0, size * stride, stride) if stride else [0] * size
               for size, stride in zip(sizes, strides, strict=True)]  # fmt: skip
    targets = [range(0, size * step, step) for size, step in zip(sizes, steps, strict=True)]
    for source, target in zip(product(*sources), product(*targets), strict=True):
        yield sum(source), sum(target)
