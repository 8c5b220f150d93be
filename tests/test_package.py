from __future__ import annotations

import ast
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import pytest

import rref_proto

PACKAGE = Path(rref_proto.__file__).parent


def test_importing_pulls_in_nothing_that_is_large() -> None:
    code = "import rref_proto, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in run.stdout.split()}
    assert "rref_proto" in roots
    assert not roots & {"numpy", "torch", "grpc", "ml_dtypes", "pickle5", "argparse"}


def test_the_public_face_is_what_it_says() -> None:
    assert sorted(rref_proto.__all__) == sorted(set(rref_proto.__all__))
    for name in rref_proto.__all__:
        assert getattr(rref_proto, name) is not None
    assert all(
        name.startswith("_") or name in rref_proto.__all__ or _is_module(name)
        for name in vars(rref_proto)
    )


def _is_module(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def test_the_package_is_typed_and_has_one_version() -> None:
    assert resources.files("rref_proto").joinpath("py.typed").is_file()
    assert metadata.version("rref-proto") == rref_proto.__version__


def _public(body: list[ast.stmt]) -> list[ast.ClassDef | ast.FunctionDef]:
    found = [node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    return [node for node in found if not node.name.startswith("_")]


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("[!_]*.py")), ids=lambda path: path.name)
def test_the_public_classes_and_functions_are_described(path: Path) -> None:
    for node in _public(ast.parse(path.read_text(encoding="utf-8")).body):
        members = _public(node.body) if isinstance(node, ast.ClassDef) else []
        for each in (node, *members):
            assert ast.get_docstring(each), f"{node.name}.{each.name}"


def test_no_module_reads_pickles_or_files_but_those_that_are_for_it() -> None:
    for path in PACKAGE.glob("*.py"):
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for name in node.names
        }
        assert "pickle" not in imported
        assert path.name == "cli.py" or not imported & {"os", "sys", "io", "socket", "pathlib"}
