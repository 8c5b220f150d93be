"""TorchScript's type annotations: read, written, and inferred from Python values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._text import short_repr
from ..errors import EncodeError

TOKEN = re.compile(r"\s*(?:([\w.]+)|(.))")
# How deep brackets may be inside one another.
MAX_BRACKETS = 100


class Annotation:
    """A type: a name and, in brackets, its arguments. `Annotation("List", (Annotation("int"),))`.

    Immutable. UNKNOWN is the element type of an empty list, which any type goes with. What is asked
    of a type often is found once: one that has the same part in many places is no more work than
    one that has it once.
    """

    __slots__ = ("_hash", "arguments", "known", "name", "parts")

    def __init__(self, name: str, arguments: tuple[Annotation, ...] = ()) -> None:
        self.name = name
        self.arguments = arguments
        self._hash = hash((name, arguments))
        # Whether no part of the type is UNKNOWN, and how many names the type is written with.
        self.known, self.parts = True, 1
        for argument in arguments:
            self.known = self.known and argument.known
            self.parts += argument.parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Annotation):
            return NotImplemented
        return self is other or (
            self._hash == other._hash
            and self.name == other.name
            and self.arguments == other.arguments
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self.name == "Tuple" and not self.arguments:
            return "Tuple[()]"
        if not self.arguments:
            return self.name
        return f"{self.name}[{', '.join(map(str, self.arguments))}]"


UNKNOWN = Annotation("?")
UNKNOWN.known = False
NONE = Annotation("NoneType")

# How many arguments each generic type takes; None: any number.
ARITY = {"List": 1, "Dict": 2, "Optional": 1, "RRef": 1, "Future": 1, "Tuple": None, "Union": None}


def parse(text: str) -> Annotation:
    """Read an annotation such as "Dict[str, List[int]]". Raises EncodeError where it is none."""
    tokens = [name or sign for name, sign in TOKEN.findall(text.strip())]
    annotation, end = _parse(tokens, 0, text, 0)
    if end != len(tokens):
        raise _unreadable(text)
    return annotation


def _parse(tokens: list[str], start: int, text: str, depth: int) -> tuple[Annotation, int]:
    """Read one type from `tokens[start:]`; return it and where it ends."""
    if depth > MAX_BRACKETS or start >= len(tokens) or not re.fullmatch(r"[\w.]+", tokens[start]):
        raise _unreadable(text)
    name, position = tokens[start], start + 1
    arguments: list[Annotation] = []
    if name == "Tuple" and tokens[position : position + 4] == ["[", "(", ")", "]"]:
        position += 4
    elif tokens[position : position + 1] == ["["]:
        while tokens[position : position + 1] in (["["], [","]):
            argument, position = _parse(tokens, position + 1, text, depth + 1)
            arguments.append(argument)
        if tokens[position : position + 1] != ["]"]:
            raise _unreadable(text)
        position += 1
    expected = ARITY.get(name, 0)
    if expected is not None and len(arguments) != expected:
        raise _unreadable(text)
    return NONE if name == "None" else Annotation(name, tuple(arguments)), position


def _unreadable(text: str) -> EncodeError:
    return EncodeError(
        f'expected an annotation such as "Dict[str, List[int]]", got {short_repr(text)}'
    )


def unify(annotations: Iterable[Annotation]) -> Annotation:
    """Return the type that all of `annotations` have in common; UNKNOWN where there are none.

    None beside a type makes it Optional. Raises EncodeError for types that do not go together.
    """
    common = UNKNOWN
    for annotation in annotations:
        common = _unify(common, annotation)
    return common


def _unify(one: Annotation, other: Annotation) -> Annotation:
    if one == other or other is UNKNOWN:
        return one
    if one is UNKNOWN:
        return other
    if NONE in (one, other):
        rest = other if one == NONE else one
        return rest if rest.name == "Optional" else Annotation("Optional", (rest,))
    if "Optional" in (one.name, other.name):
        inner = [each.arguments[0] if each.name == "Optional" else each for each in (one, other)]
        return Annotation("Optional", (unify(inner),))
    if one.name == other.name and len(one.arguments) == len(other.arguments) > 0:
        pairs = zip(one.arguments, other.arguments, strict=True)
        return Annotation(one.name, tuple(_unify(*pair) for pair in pairs))
    raise EncodeError(f"elements of types {one} and {other} have no common type: give `type`")
