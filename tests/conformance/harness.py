"""Run every vector, and the worked exchange, in the languages named, or in all.

Each language has a folder with build.sh, run.sh and exchange.sh, and a row in LANGUAGES; README.md
says how to add one. Nothing is ever skipped: a language that cannot be built fails, and the report
says how to get what it needs.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from checks import Lacks, payload_problems, result_problems
from delimited import read_delimited, write_delimited
from google.protobuf.message import DecodeError
from vector import GROUPS, Vector, read_vectors

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / ".venv" / "conformance"
OWNER = ROOT / "examples" / "exchange" / "owner.py"
# Nothing takes a tenth of these; what hangs must not hold up whoever waits for the result.
SECONDS_TO_BUILD, SECONDS_TO_RUN = 900, 60


@dataclass(frozen=True)
class Language:
    """A language: its folder, the programs it needs, how to get them, what its runtime lacks."""

    name: str
    programs: tuple[str, ...]
    install: str
    lacks: frozenset[Lacks] = frozenset()

    def command(self, script: str) -> list[str]:
        return [str(HERE / self.name / script), str(OUT / self.name)]


LANGUAGES = (
    Language("python", ("protoc",), "apt-get install protobuf-compiler libprotobuf-dev"),
    Language(
        "cpp",
        ("protoc", "g++", "pkg-config"),
        "apt-get install protobuf-compiler libprotobuf-dev g++ pkg-config",
        frozenset({Lacks.DEEP_JSON}),
    ),
    Language(
        "go",
        ("protoc", "protoc-gen-go", "go"),
        "apt-get install protobuf-compiler libprotobuf-dev golang-go golang-google-protobuf-dev "
        "protoc-gen-go",
        frozenset({Lacks.EXACT_BYTES}),
    ),
    Language(
        "java",
        ("protoc", "javac"),
        "apt-get install protobuf-compiler libprotobuf-dev default-jdk-headless libprotobuf-java "
        "libgoogle-gson-java libguava-java",
        frozenset({Lacks.NEGATIVE_ZERO_IN_JSON}),
    ),
    Language(
        "typescript",
        ("protoc", "node", "npm"),
        "apt-get install protobuf-compiler libprotobuf-dev nodejs npm",
        frozenset({Lacks.NEGATIVE_ZERO_IN_JSON}),
    ),
    Language(
        "rust",
        ("protoc", "cargo"),
        "apt-get install protobuf-compiler libprotobuf-dev cargo librust-prost-dev "
        "librust-prost-build-dev",
        frozenset({Lacks.JSON, Lacks.UNKNOWN_FIELDS, Lacks.NEGATIVE_ZERO}),
    ),
)
COLUMNS = (*GROUPS, "exchange")


@dataclass
class Score:
    """What passed and what failed in each column of the table, and every problem."""

    passed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, column: str, name: str, problems: Iterable[str]) -> None:
        """Count one more in `column`: passed where there are no problems."""
        found = [f"{name}: {problem}" for problem in problems]
        (self.failed if found else self.passed)[column] += 1
        self.problems += found

    def cell(self, column: str) -> str:
        total = self.passed[column] + self.failed[column]
        return f"{self.passed[column]}/{total}" if total else ""


def run(command: list[str], seconds: int, stdin: bytes = b"") -> tuple[bytes, str]:
    """Run a command to its end; return its output and, where it failed, how."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHON": sys.executable},
        start_new_session=True,  # so that what it started can be ended with it
    )
    try:
        stdout, stderr = process.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
    if not process.returncode:
        return stdout, ""
    said = stderr.decode(errors="replace").rstrip()
    return stdout, f"{Path(command[0]).name} ended with status {process.returncode}\n{said}"


def build(language: Language) -> Iterator[str]:
    """Build a language's programs; give the problem where that fails."""
    missing = [program for program in language.programs if not shutil.which(program)]
    problem = f"not installed: {', '.join(missing)}" if missing else ""
    if problem := problem or run(language.command("build.sh"), SECONDS_TO_BUILD)[1]:
        yield f"{problem}\n    what it needs: {language.install}"


def run_vectors(
    language: Language, vectors: Iterable[Vector], protocol: Any
) -> tuple[list[Any], str]:
    """Start a language's runner once for all vectors; return its Results, and what went wrong."""
    stdin = io.BytesIO()
    for vector in vectors:
        text = "" if vector.json is None else json.dumps(vector.json)
        message = protocol.Vector(
            name=vector.name, message=vector.message, wire=vector.wire, json=text
        )
        write_delimited(stdin, [message])
    stdout, problem = run(language.command("run.sh"), SECONDS_TO_RUN, stdin.getvalue())
    results: list[Any] = []
    try:
        results.extend(read_delimited(io.BytesIO(stdout), protocol.Result))
    except (EOFError, DecodeError) as error:
        problem = problem or f"what run.sh wrote is no Result: {error}"
    return results, problem


def score_language(language: Language, vectors: Sequence[Vector], protocol: Any) -> Score:
    """Build a language, run its exchange, and compare what its runner makes of the vectors."""
    score = Score()
    started = time.monotonic()
    if problems := list(build(language)):
        score.add("build", language.name, problems)
        return score
    built = time.monotonic()
    owner = [sys.executable, str(OWNER), *language.command("exchange.sh")]
    _, problem = run(owner, SECONDS_TO_RUN)
    score.add("exchange", f"{language.name}: exchange", [problem] if problem else [])
    results, problem = run_vectors(language, vectors, protocol)
    if problem:
        score.add("run", language.name, [problem])
    for vector, result in zip_longest(vectors, results[: len(vectors)]):
        found = result_problems(vector, result, language.lacks) if result else ["no result"]
        score.add(vector.group, f"{language.name}: {vector.name}", found)
    seconds = f"built {built - started:.1f} s, run {time.monotonic() - built:.1f} s"
    print(f"{language.name}: {seconds}", file=sys.stderr)
    return score


def score_payloads(vectors: Iterable[Vector]) -> Score:
    """Let the Python library read and write every payload that libtorch has."""
    score = Score()
    for vector in vectors:
        if vector.payload is not None:
            score.add(vector.group, f"payload: {vector.name}", payload_problems(vector))
    return score


def table(rows: Iterable[tuple[str, Score, str, str]], markdown: bool) -> str:
    """Lay out the scores, as text or as markdown."""
    cells = [("", *COLUMNS, "bytes", "the runtime lacks")]
    cells += [(name, *map(score.cell, COLUMNS), *rest) for name, score, *rest in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    edge, gap = ("| ", " | ") if markdown else ("", "  ")
    lines = [(edge + gap.join(map(str.ljust, row, widths)) + edge[::-1]).rstrip() for row in cells]
    if markdown:
        lines.insert(1, f"| {' | '.join('-' * max(3, width) for width in widths)} |")
    return "\n".join(lines)


def main() -> int:
    """Run what the command line asks for; return 1 where anything failed."""
    names = [language.name for language in LANGUAGES]
    parser = argparse.ArgumentParser(description="Run the conformance vectors.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=", ".join(names))
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    arguments = parser.parse_args()
    if unknown := set(arguments.languages) - set(names):
        parser.error(f"expected some of {', '.join(names)}, got {', '.join(sorted(unknown))}")

    # The harness speaks to the runners in Python's generated code, which python/build.sh makes.
    if problems := list(build(LANGUAGES[0])):
        print(*problems, "0 passed, 1 failed", sep="\n")
        return 1
    sys.path.append(str(OUT / LANGUAGES[0].name))
    protocol = importlib.import_module("conformance_pb2")

    vectors = list(read_vectors())
    rows = [("payloads", score_payloads(vectors), "exact", "")]
    for language in LANGUAGES:
        if language.name in (arguments.languages or names):
            score = score_language(language, vectors, protocol)
            exact = "equal" if Lacks.EXACT_BYTES in language.lacks else "exact"
            exact = "not built" if score.failed["build"] else exact
            gaps = sorted(gap.value for gap in language.lacks - {Lacks.EXACT_BYTES})
            rows.append((language.name, score, exact, ", ".join(gaps)))

    for _, score, *_ in rows:
        print(*score.problems, sep="\n", end="\n" * bool(score.problems))
    print(table(rows, arguments.markdown))
    passed = sum(score.passed.total() for _, score, *_ in rows)
    failed = sum(score.failed.total() for _, score, *_ in rows)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
