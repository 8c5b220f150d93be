"""Show that no language passes by mistake: every runner must fail after a change.

All languages are built in a temporary copy of the repository. They are built again, in the same
folders, after a number of a field has changed. For a changed vector no language is built again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import examine
from languages import LANGUAGES, Language
from runners import THIS_CHECKOUT, Checkout
from vector import Vector, read_vectors

from rref_proto.v1.ids_pb2 import RRefId

ROOT = THIS_CHECKOUT.root
# The parts of the repository that are needed to build and run the languages.
COPIED = ("examples", "proto", "python", "scripts", "tests/conformance")
GENERATOR = ROOT / ".venv" / "gen" / "bin" / "python"

# No other message has a field of this name.
SCHEMA, FIELD, CHANGED_FIELD = "proto/rref_proto/v1/tensor.proto", "data = 3;", "data = 6;"
VECTOR, CHANGED_ID = "ids/RRefId small", RRefId(created_on=1, local_id=3)
CHANGED_JSON = {"createdOn": 1, "localId": "3"}


@dataclass(frozen=True)
class Trial:
    """The vectors for every runner, and the names of those that it must fail."""

    name: str
    vectors: Sequence[Vector]
    must_fail: set[str]

    def problem(self, checkout: Checkout, language: Language, protocol: Any) -> str:
        """Run the trial in a language that was built; return the problem, or an empty text."""
        problems_of_each, problem = examine(checkout, language, self.vectors, protocol)
        if problem:
            return problem
        vectors = zip(self.vectors, problems_of_each, strict=True)
        failed = {vector.name for vector, problems in vectors if problems}
        if passed := self.must_fail - failed:
            return f"passes vectors that it must fail: {min(passed)}, {len(passed)} in all"
        if failed := failed - self.must_fail:
            return f"fails vectors that it must pass: {min(failed)}, {len(failed)} in all"
        return ""


def copy_repository(to: Path) -> Checkout:
    """Copy all files that git does not ignore. Keep their times, because Cargo compares times."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *COPIED]
    listed = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return Checkout(to)


def change_vector(vectors: Sequence[Vector], **changes: Any) -> list[Vector]:
    return [replace(each, **changes) if each.name == VECTOR else each for each in vectors]


def change_schema(checkout: Checkout) -> None:
    """Change the number of a field, and generate Python's stubs again: python/build.sh does not."""
    path = checkout.root / SCHEMA
    before, field, after = path.read_text(encoding="utf-8").partition(FIELD)
    assert field, f"expected {FIELD} in {SCHEMA}"
    path.write_text(before + CHANGED_FIELD + after, encoding="utf-8")
    subprocess.run([GENERATOR, checkout.root / "scripts" / "gen.py"], check=True)


def run_trials(checkout: Checkout, trials: Sequence[Trial]) -> Iterator[str]:
    """Build every language and run the trials in it; yield a problem or an empty text for each."""
    for language in LANGUAGES:
        not_built = checkout.build(language)
        for trial in trials:
            # Python comes first, and its build.sh makes the protocol's module.
            problem = not_built or trial.problem(checkout, language, checkout.load_protocol())
            print(f"{trial.name}: {language.name}: {problem or 'as expected'}", flush=True)
            yield problem


def main() -> int:
    """Run all trials; return 1 if one failed."""
    vectors = list(read_vectors())
    other_bytes = change_vector(vectors, wire=CHANGED_ID.SerializeToString())
    other_json = change_vector(vectors, json=CHANGED_JSON)
    with_field = {each.name for each in vectors if "'data': " in str(each.json)}
    as_it_is = [
        Trial("nothing changed", vectors, set()),
        Trial("a vector with other bytes", other_bytes, {VECTOR}),
        Trial("a vector with other JSON", other_json, {VECTOR}),
    ]
    with tempfile.TemporaryDirectory() as folder:
        checkout = copy_repository(Path(folder))
        problems = list(run_trials(checkout, as_it_is))
        change_schema(checkout)
        problems += run_trials(
            checkout, [Trial("a field with another number", vectors, with_field)]
        )
    failed = sum(map(bool, problems))
    print(f"{len(problems) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
