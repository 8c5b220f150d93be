"""The languages: what each needs, and what its protobuf runtime cannot do.

    python3 languages.py    print the Debian packages to install for all of them

This file imports nothing but the standard library, so that it runs before anything is installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Lacks(Enum):
    """What the protobuf runtime of a language cannot do, so that no program with it can."""

    JSON = "JSON"
    DEEP_JSON = "JSON of more than 64 levels"
    NEGATIVE_ZERO_IN_JSON = "-0.0 in JSON"
    NEGATIVE_ZERO = "-0.0 in a field without presence"
    UNKNOWN_FIELDS = "unknown fields"
    # It reads a varint to its end, even if the message that it is in has ended before. So it takes
    # a message that all other runtimes refuse.
    END_OF_PARENT = "an error for a varint that runs past its parent"
    # It writes fields in another order than all other runtimes. The messages are equal.
    EXACT_BYTES = "exact bytes"


# The name of the vector that a runtime without END_OF_PARENT accepts.
RUNS_PAST_PARENT = "varint that runs past its parent"


@dataclass(frozen=True)
class Language:
    """A language. Its folder has the same name."""

    name: str
    # The programs that must be on the PATH, each with its Debian package.
    programs: Mapping[str, str]
    # The other Debian packages that it needs.
    libraries: tuple[str, ...]
    lacks: frozenset[Lacks] = frozenset()

    def missing_programs(self) -> list[str]:
        return [program for program in self.programs if not shutil.which(program)]


PROTOC = {"protoc": "protobuf-compiler"}
# It has the C++ runtime, and timestamp.proto, which recording.proto imports.
IMPORTS = "libprotobuf-dev"

LANGUAGES = (
    Language("python", PROTOC, (IMPORTS,)),
    Language(
        "cpp",
        PROTOC | {"g++": "g++", "pkg-config": "pkg-config"},
        (IMPORTS,),
        frozenset({Lacks.DEEP_JSON}),
    ),
    Language(
        "go",
        PROTOC | {"protoc-gen-go": "protoc-gen-go", "go": "golang-go"},
        (IMPORTS, "golang-google-protobuf-dev"),
        frozenset({Lacks.EXACT_BYTES}),
    ),
    Language(
        "java",
        PROTOC | {"javac": "default-jdk-headless"},
        (IMPORTS, "libprotobuf-java", "libgoogle-gson-java", "libguava-java"),
        frozenset({Lacks.NEGATIVE_ZERO_IN_JSON}),
    ),
    # npm installs the rest: see examples/exchange/typescript/package.json.
    Language(
        "typescript",
        PROTOC | {"node": "nodejs", "npm": "npm"},
        (IMPORTS,),
        frozenset({Lacks.NEGATIVE_ZERO_IN_JSON, Lacks.END_OF_PARENT}),
    ),
    Language(
        "rust",
        PROTOC | {"cargo": "cargo", "rustc": "rustc"},
        (IMPORTS, "librust-prost-dev", "librust-prost-build-dev"),
        frozenset({Lacks.JSON, Lacks.UNKNOWN_FIELDS, Lacks.NEGATIVE_ZERO}),
    ),
)


def packages(languages: Iterable[Language]) -> list[str]:
    """Return the Debian packages to install for `languages`.

    A program that is on the PATH already needs no package. This matters for Node.js: if it is not
    Debian's own, Debian's npm cannot be installed.
    """
    found: list[str] = []
    for language in languages:
        found += (language.programs[program] for program in language.missing_programs())
        found += language.libraries
    return sorted(set(found))


if __name__ == "__main__":
    print(*packages(LANGUAGES))
