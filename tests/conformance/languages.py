"""The languages: what each needs, and what its protobuf runtime lacks.

    python3 languages.py    print the Debian packages that are to be installed for all of them

This file imports nothing but the standard library, so that it runs before anything is installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Lacks(Enum):
    """What the protobuf runtime of a language does not do, so that no program on it could."""

    JSON = "JSON"
    DEEP_JSON = "JSON of more than 64 levels"
    NEGATIVE_ZERO_IN_JSON = "-0.0 in JSON"
    NEGATIVE_ZERO = "-0.0 in a field without presence"
    UNKNOWN_FIELDS = "unknown fields"
    # It writes other bytes than all other runtimes, with the same meaning.
    EXACT_BYTES = "exact bytes"


@dataclass(frozen=True)
class Language:
    """A language; its name is that of its folder."""

    name: str
    # What must be on the PATH, and the Debian package that it is in.
    programs: Mapping[str, str]
    # The Debian packages that it needs beside those.
    libraries: tuple[str, ...]
    lacks: frozenset[Lacks] = frozenset()

    def missing_programs(self) -> list[str]:
        return [program for program in self.programs if not shutil.which(program)]


PROTOC = {"protoc": "protobuf-compiler"}
# Beside the C++ runtime, it has the timestamp.proto that recording.proto imports.
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
    # npm brings the rest: see examples/exchange/typescript/package.json.
    Language(
        "typescript",
        PROTOC | {"node": "nodejs", "npm": "npm"},
        (IMPORTS,),
        frozenset({Lacks.NEGATIVE_ZERO_IN_JSON}),
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

    A program that is on the PATH needs none. It may be from elsewhere: Node.js often is, and then
    Debian's npm cannot be installed beside it.
    """
    found: list[str] = []
    for language in languages:
        found += (language.programs[program] for program in language.missing_programs())
        found += language.libraries
    return sorted(set(found))


if __name__ == "__main__":
    print(*packages(LANGUAGES))
