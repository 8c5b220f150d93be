"""Which part of the package may import and use which: the rules of docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import rref_proto

PACKAGE = Path(rref_proto.__file__).parent

# A part is a module of the package or a folder in it. Each imports only parts of the layers before
# its own.
LAYERS = (
    {"_pickle_opcodes", "_text", "_version", "message_type", "v1"},
    {"errors"},
    {"_check"},
    {"_arrays", "_json", "_pickle_machine", "_pickle_writer", "_wire"},
    {"ids", "tensor"},
    {"_identifier_set", "ivalue", "native"},
    {"message", "python_object"},
    {"rpc_command"},
    {"fork_message"},
    {"call", "rref"},
    {"bodies"},
    {"libtorch", "passing"},
    {"context", "recording"},
    {"ledger"},
    {"tensorpipe"},
    {"cli", "recorder"},
    {"__init__", "__main__"},
)
LAYER_OF_PART = {part: number for number, parts in enumerate(LAYERS) for part in parts}
# RRefId.toIValue() and fromIValue() are methods that libtorch has too. They need `ivalue`.
AGAINST_THE_ORDER = {("ids", "ivalue")}
# The two ways between a value and its generated message. All modules may use these private names.
BETWEEN_MODULES = {"_to_proto", "_from_proto"}
# Modules that read and write files, or run processes.
INPUT_AND_OUTPUT = {"io", "os", "pathlib", "shutil", "signal", "socket", "subprocess", "sys"}
PARTS_WITH_INPUT_AND_OUTPUT = {"cli", "recorder", "recording", "__main__"}


class Module(NamedTuple):
    """A module of the package: its part, its name as in `rref_proto.part.module`, its code."""

    part: str
    name: str
    code: ast.Module


class Import(NamedTuple):
    """One imported name, and the path of its module, counted from the root of the package."""

    path: tuple[str, ...]
    name: str


def _modules() -> Iterator[Module]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "v1":
            code = ast.parse(path.read_text(encoding="utf-8"))
            yield Module(parts[0], ".".join(parts), code)


MODULES = list(_modules())
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)


def _imports(module: Module) -> Iterator[Import]:
    """Yield what a module imports from the package, also inside functions."""
    folder = module.name.split(".")[:-1]
    for node in ast.walk(module.code):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = folder[: len(folder) - node.level + 1]
            path = (*base, *(node.module or "").split(".")) if node.module else tuple(base)
            for alias in node.names:
                yield Import(path, alias.name)


def _part_of(found: Import) -> str:
    return found.path[0] if found.path else found.name


def _foreign_roots(module: Module) -> set[str]:
    """Return the packages outside this one that a module imports."""
    roots: set[str] = set()
    for node in ast.walk(module.code):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            roots.add(node.module.partition(".")[0])
    return roots


def test_every_part_has_its_place_in_the_order() -> None:
    parts = {module.part for module in MODULES} | {"v1"}
    assert parts == set(LAYER_OF_PART)


@every_module
def test_a_part_imports_from_the_layers_before_its_own(module: Module) -> None:
    for found in _imports(module):
        part = _part_of(found)
        if part == module.part or (module.part, part) in AGAINST_THE_ORDER:
            continue
        assert LAYER_OF_PART[part] < LAYER_OF_PART[module.part], f"{module.name} imports {part}"


def test_the_imports_against_the_order_are_still_there() -> None:
    used = {(module.part, _part_of(found)) for module in MODULES for found in _imports(module)}
    assert used >= AGAINST_THE_ORDER


@every_module
def test_a_folder_is_used_by_what_its_init_shows(module: Module) -> None:
    for found in _imports(module):
        folder = PACKAGE / _part_of(found)
        if not folder.is_dir() or folder.name in {module.part, "v1"}:
            continue
        assert len(found.path) <= 1, f"{module.name} imports {'.'.join(found.path)}"
        if found.path:
            shown = getattr(rref_proto, folder.name, None) or __import__(
                f"rref_proto.{folder.name}", fromlist=["__all__"]
            )
            assert found.name in shown.__all__, f"{module.name} imports {found.name}"


@every_module
def test_no_private_name_is_used_outside_its_module(module: Module) -> None:
    own = {name for node in ast.walk(module.code) for name in _defined(node)}
    used = {node.attr for node in ast.walk(module.code) if isinstance(node, ast.Attribute)}
    used |= {found.name for found in _imports(module) if found.path}
    private = {name for name in used if name.startswith("_") and not name.endswith("__")}
    assert private <= own | BETWEEN_MODULES | _of_the_standard_library(module)


def _defined(node: ast.AST) -> Iterator[str]:
    """Yield the names that a piece of code defines in its module or in a class."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            for each in ast.walk(target):
                if isinstance(each, ast.Name):
                    yield each.id
                # An attribute that is set on self belongs to this class.
                elif isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self":
                    yield each.attr
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
        yield node.target.attr


def _of_the_standard_library(module: Module) -> set[str]:
    """Return the private names of the standard library that a module may use."""
    return {"_SubParsersAction"} if module.name == "cli.arguments" else set()


def test_no_module_imports_in_a_circle() -> None:
    below = {module.name: set(_imported_modules(module)) for module in MODULES}
    while free := {name for name, others in below.items() if not others & below.keys()}:
        below = {name: others for name, others in below.items() if name not in free}
    assert not below


def _imported_modules(module: Module) -> Iterator[str]:
    """Yield the modules that this one imports at its top, without those for type checkers only."""
    statements: list[ast.stmt] = [
        node for node in module.code.body if isinstance(node, ast.ImportFrom)
    ]
    names = {each.name for each in MODULES}
    for found in _imports(module._replace(code=ast.Module(statements, []))):
        path = ".".join(found.path)
        candidates = (f"{path}.{found.name}" if path else found.name, path, f"{path}.__init__")
        yield from [name for name in candidates if name in names][:1]


@every_module
def test_no_module_reads_pickles_or_files_but_those_that_are_for_it(module: Module) -> None:
    assert "pickle" not in _foreign_roots(module)
    if module.part not in PARTS_WITH_INPUT_AND_OUTPUT:
        assert not _foreign_roots(module) & INPUT_AND_OUTPUT


@every_module
def test_the_public_classes_and_functions_are_described(module: Module) -> None:
    assert ast.get_docstring(module.code)
    for node in _public(module.code.body):
        members = _public(node.body) if isinstance(node, ast.ClassDef) else []
        for each in (node, *members):
            assert ast.get_docstring(each), f"{node.name}.{each.name}"


def _public(body: list[ast.stmt]) -> list[ast.ClassDef | ast.FunctionDef]:
    found = [node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    return [node for node in found if not node.name.startswith("_")]
