"""Run every vector, and the example of examples/exchange, in some languages or in all.

Each language has a folder with build.sh, run.sh and exchange.sh, and a row in languages.py.
README.md says how to add one. Nothing is skipped: a language that cannot be built fails, and the
report says how to install what it needs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from checks import payload_problems, result_problems
from languages import LANGUAGES, Lacks, Language
from runners import THIS_CHECKOUT, Checkout
from vector import GROUPS, Vector, read_vectors

COLUMNS = (*GROUPS, "exchange")


@dataclass
class Score:
    """How many passed and failed in each column of the table, and all problems."""

    passed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, column: str, name: str, problems: Iterable[str]) -> None:
        """Count one more in `column`: as passed if there are no problems, otherwise as failed."""
        found = [f"{name}: {problem}" for problem in problems]
        (self.failed if found else self.passed)[column] += 1
        self.problems += found

    def cell(self, column: str) -> str:
        total = self.passed[column] + self.failed[column]
        return f"{self.passed[column]}/{total}" if total else ""


def examine(
    checkout: Checkout, language: Language, vectors: Sequence[Vector], protocol: Any
) -> tuple[list[list[str]], str]:
    """Run the vectors in a language; return the problems of each, and that of the whole run."""
    results, problem = checkout.run_vectors(language, vectors, protocol)
    problems = [
        ["no result"] if result is None else list(result_problems(vector, result, language.lacks))
        for vector, result in zip_longest(vectors, results[: len(vectors)])
    ]
    return problems, problem


def score_language(language: Language, vectors: Sequence[Vector], protocol: Any) -> Score:
    """Build a language, run its example, and compare the results of its runner with the vectors."""
    score = Score()
    started = time.monotonic()
    if problem := THIS_CHECKOUT.build(language):
        score.add("build", language.name, [problem])
        return score
    built = time.monotonic()
    problem = THIS_CHECKOUT.run_exchange(language)
    score.add("exchange", f"{language.name}: exchange", [problem] if problem else [])
    problems_of_each, problem = examine(THIS_CHECKOUT, language, vectors, protocol)
    if problem:
        score.add("run", language.name, [problem])
    for vector, problems in zip(vectors, problems_of_each, strict=True):
        score.add(vector.group, f"{language.name}: {vector.name}", problems)
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
    """Write the scores as a table, in text or in markdown."""
    cells = [("", *COLUMNS, "bytes", "the runtime lacks")]
    cells += [(name, *map(score.cell, COLUMNS), *rest) for name, score, *rest in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    edge, gap = ("| ", " | ") if markdown else ("", "  ")
    lines = [(edge + gap.join(map(str.ljust, row, widths)) + edge[::-1]).rstrip() for row in cells]
    if markdown:
        lines.insert(1, f"| {' | '.join('-' * max(3, width) for width in widths)} |")
    return "\n".join(lines)


def main() -> int:
    """Run the languages of the command line; return 1 if anything failed."""
    names = [language.name for language in LANGUAGES]
    parser = argparse.ArgumentParser(description="Run the conformance vectors.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=", ".join(names))
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    arguments = parser.parse_args()
    if unknown := set(arguments.languages) - set(names):
        parser.error(f"expected some of {', '.join(names)}, got {', '.join(sorted(unknown))}")

    # The harness needs the Python code of conformance.proto, which python/build.sh generates.
    if problem := THIS_CHECKOUT.build(LANGUAGES[0]):
        print(problem, "0 passed, 1 failed", sep="\n")
        return 1
    protocol = THIS_CHECKOUT.load_protocol()

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
