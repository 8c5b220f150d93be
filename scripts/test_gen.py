"""The stubs of a small schema with two packages, one of them with a service.

`make test-gen` runs this where grpcio-tools is installed; `make test` does not collect it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gen import PACKAGE_INIT, check_stubs, generate_python, read_stubs, write_stubs

BOOK = """
syntax = "proto3";
package library.v1;
// service Desk { is only a comment here.
message Book { string title = 1; }
"""
DESK_SERVICE = """
syntax = "proto3";
package library.desk.v1alpha1;
import "google/protobuf/empty.proto";
import "library/v1/book.proto";
service DeskService { rpc Lend(google.protobuf.Empty) returns (library.v1.Book); }
"""
V1 = {
    "library/v1/__init__.py",
    "library/v1/book_pb2.py",
    "library/v1/book_pb2.pyi",
}
DESK = {
    "library/desk/__init__.py",
    "library/desk/v1alpha1/__init__.py",
    "library/desk/v1alpha1/desk_service_pb2.py",
    "library/desk/v1alpha1/desk_service_pb2.pyi",
    "library/desk/v1alpha1/desk_service_pb2_grpc.py",
}
HAND_WRITTEN = ("library/__init__.py", "library/shelf.py")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    write(tmp_path / "proto/library/v1/book.proto", BOOK)
    write(tmp_path / "proto/library/desk/v1alpha1/desk_service.proto", DESK_SERVICE)
    return tmp_path / "proto"


@pytest.fixture
def python(tmp_path: Path, schema: Path) -> Path:
    """Write the stubs of the schema into a folder that has files written by hand too."""
    for path in HAND_WRITTEN:
        write(tmp_path / "python" / path, "# written by hand\n")
    write_stubs(generate(schema, tmp_path / "first"), tmp_path / "python")
    return tmp_path / "python"


def generate(schema: Path, out: Path) -> dict[str, bytes]:
    out.mkdir()
    generate_python(schema, out)
    return read_stubs(out)


def files(directory: Path) -> set[str]:
    return {
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    }


def test_each_folder_with_files_becomes_a_package(schema: Path, tmp_path: Path) -> None:
    stubs = generate(schema, tmp_path / "out")
    assert files(tmp_path / "out") == V1 | DESK
    assert set(stubs) == V1 | DESK


def test_the_stubs_can_be_imported(python: Path) -> None:
    program = """
from library.desk.v1alpha1 import desk_service_pb2_grpc
from library.v1 import book_pb2
print(book_pb2.Book(title="A book").title, desk_service_pb2_grpc.DeskServiceStub.__name__)
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(python)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "A book DeskServiceStub\n"


def test_what_was_written_passes_the_check(schema: Path, python: Path, tmp_path: Path) -> None:
    check_stubs(generate(schema, tmp_path / "again"), python)


@pytest.mark.parametrize("path", sorted(V1 | DESK))
def test_the_check_names_a_file_that_is_missing(
    path: str, schema: Path, python: Path, tmp_path: Path
) -> None:
    (python / path).unlink()
    with pytest.raises(SystemExit, match=f": {path}; run"):
        check_stubs(generate(schema, tmp_path / "again"), python)


@pytest.mark.parametrize("path", sorted(V1 | DESK))
def test_the_check_names_a_file_that_was_edited(
    path: str, schema: Path, python: Path, tmp_path: Path
) -> None:
    with (python / path).open("a", encoding="utf-8") as file:
        file.write("# edited by hand\n")
    with pytest.raises(SystemExit, match=f": {path}; run"):
        check_stubs(generate(schema, tmp_path / "again"), python)


def test_the_check_names_the_files_of_a_package_that_is_gone(
    schema: Path, python: Path, tmp_path: Path
) -> None:
    (schema / "library/desk/v1alpha1/desk_service.proto").unlink()
    with pytest.raises(SystemExit, match=f": {', '.join(sorted(DESK))}; run"):
        check_stubs(generate(schema, tmp_path / "again"), python)


def test_writing_removes_what_is_gone_and_nothing_else(
    schema: Path, python: Path, tmp_path: Path
) -> None:
    (schema / "library/desk/v1alpha1/desk_service.proto").unlink()
    write_stubs(generate(schema, tmp_path / "again"), python)
    assert files(python) == V1 | set(HAND_WRITTEN)
    assert (python / "library/v1/__init__.py").read_text(encoding="utf-8") == PACKAGE_INIT


def test_a_schema_that_is_wrong_ends_the_script(schema: Path, tmp_path: Path) -> None:
    write(schema / "library/v1/book.proto", BOOK + "message Book {}\n")
    with pytest.raises(SystemExit) as ended:
        generate(schema, tmp_path / "again")
    assert ended.value.code == 1
