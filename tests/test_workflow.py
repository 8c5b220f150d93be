"""The workflow of the CI tests every Python that pyproject.toml declares."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

WORKFLOW = Path(__file__).parent.parent / ".github" / "workflows" / "ci.yml"


def test_the_workflow_tests_each_python_that_is_declared() -> None:
    classifiers = metadata.metadata("rref-proto").get_all("Classifier") or []
    declared = re.findall(r"Python :: (3\.\d+)", " ".join(classifiers))
    workflow = WORKFLOW.read_text(encoding="utf-8")
    matrix = re.findall(r"^ +python: \[(.+)\]$", workflow, re.MULTILINE)
    assert len(matrix) == 1
    assert re.findall(r'"(3\.\d+)"', matrix[0]) == declared
