"""The package as a whole: what it imports, its public names, how it is installed."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import rref_proto

PACKAGE = Path(rref_proto.__file__).parent


def test_importing_pulls_in_nothing_that_is_large() -> None:
    code = "import rref_proto, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in run.stdout.split()}
    assert "rref_proto" in roots
    assert not roots & {"numpy", "torch", "grpc", "ml_dtypes", "pickle5", "argparse", "asyncio"}
    assert "rref_proto.tensorpipe" not in run.stdout.split()


def test_the_protocol_of_pytorch_needs_the_standard_library_alone() -> None:
    code = "import rref_proto, sys; before = set(sys.modules); import rref_proto.tensorpipe; "
    code += "print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in run.stdout.split()}
    assert "rref_proto" in roots
    assert roots - {"rref_proto"} <= sys.stdlib_module_names - {"asyncio", "pickle", "socket"}


def test_the_public_face_is_what_it_says() -> None:
    assert sorted(rref_proto.__all__) == sorted(set(rref_proto.__all__))
    for name in rref_proto.__all__:
        assert getattr(rref_proto, name) is not None
    assert all(
        name.startswith("_") or name in rref_proto.__all__ or _is_module(name)
        for name in vars(rref_proto)
    )


def test_no_function_hides_a_module() -> None:
    for folder in (PACKAGE, *(path.parent for path in PACKAGE.glob("*/__init__.py"))):
        name = ".".join(("rref_proto", *folder.relative_to(PACKAGE).parts))
        package = sys.modules.get(name)
        for path in folder.glob("[!_]*.py") if package else ():
            found = getattr(package, path.stem, None)
            assert found is None or type(found) is type(sys), f"{name}.{path.stem}"


def _is_module(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def test_the_package_is_typed_and_has_one_version() -> None:
    assert resources.files("rref_proto").joinpath("py.typed").is_file()
    assert metadata.version("rref-proto") == rref_proto.__version__
