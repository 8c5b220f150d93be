"""The samples in README.md and docs/ run, print what the text says, and pass the type checker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARKDOWN = [*DOCUMENTS, *ROOT.glob("*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("tests/*/*.md")]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")


class Sample(NamedTuple):
    """A block of code, and what it prints: the block of text after it, if there is one."""

    place: str
    code: str
    output: str | None


def _samples(language: str) -> list[Sample]:
    samples = []
    for path in DOCUMENTS:
        blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
        for number, (kind, code) in enumerate(blocks):
            if kind == language:
                after = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
                output = after[1] if after[0] == "text" else None
                samples.append(Sample(f"{path.name} {number}", code, output))
    return samples


# tests/recorder/test_documents_of_recording.py runs the samples that need torch.
PYTHON = [sample for sample in _samples("python") if "import torch" not in sample.code]
# Each line of a shell block that calls the command, if it needs only files of the repository.
COMMANDS = [
    line.partition("#")[0].strip()
    for sample in _samples("sh")
    for line in sample.code.splitlines()
    if "rref-proto " in line and "job-" not in line
]


@pytest.mark.parametrize("sample", PYTHON, ids=lambda sample: sample.place)
def test_a_sample_runs_and_prints_what_the_text_says(sample: Sample) -> None:
    run = subprocess.run(
        [sys.executable, "-c", sample.code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stderr == ""
    assert run.stdout == (sample.output or "")


@pytest.mark.parametrize("sample", PYTHON, ids=lambda sample: sample.place)
def test_a_sample_is_typed(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(sample.code, encoding="utf-8")
    # Checked as in a user's project, without the settings of this project.
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(path)]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "python")}
    run = subprocess.run(
        mypy, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.skipif(os.name != "posix", reason="the lines are for a shell of POSIX")
@pytest.mark.parametrize("line", COMMANDS)
def test_a_line_of_shell_does_what_the_text_says(line: str) -> None:
    command = f"{sys.executable} -m rref_proto"
    run = subprocess.run(
        ["sh", "-c", line.replace("rref-proto", command)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout


def test_there_are_samples_of_each_kind() -> None:
    assert PYTHON
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_leads_to_a_file_that_is_there(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (path.parent / link).exists(), link
