"""Install each wheel or sdist of the command line in an empty environment, and try it.

python scripts/smoke_test.py dist/*.whl dist/*.tar.gz
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests" / "data" / "holding.rref"
SCHEMA = sorted(
    path.relative_to(ROOT / "proto").as_posix()
    for path in (ROOT / "proto" / "rref_proto").rglob("*.proto")
)

# Its arguments are the files of the schema.
PROGRAM = """
import sys
from importlib import import_module, resources
from rref_proto import ForkId, Message, RRefId, RRefUserDelete, fromMessage, libtorch

delete = RRefUserDelete(RRefId(1, 12345), ForkId(2, 67890))
wire = delete.toMessage().SerializeToString()
assert fromMessage(Message.FromString(wire)) == delete
native = libtorch.to_payload(delete.toMessage())
assert fromMessage(libtorch.from_payload(native.type, native.payload)) == delete
for path in sys.argv[1:]:
    package, _, name = path.replace("/", ".").removesuffix(".proto").rpartition(".")
    assert (resources.files(package) / f"{name}.proto").is_file(), path
    import_module(f"{package}.{name}_pb2")
assert (resources.files("rref_proto") / "py.typed").is_file()
assert not {"numpy", "torch", "grpc"} & set(sys.modules)
"""


def try_package(package: Path) -> None:
    """Install one package in an empty environment and run the program and the command."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        binaries = Path(directory) / ("Scripts" if sys.platform == "win32" else "bin")
        python = str(binaries / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        # -I: import only what is installed, and nothing from the working directory.
        for command in (
            [*pip, str(package)],
            [python, "-I", "-c", PROGRAM, *SCHEMA],
            [str(binaries / "rref-proto"), "ledger", str(RECORDING)],
            [python, "-I", "-m", "rref_proto", "ledger", str(RECORDING)],
        ):
            subprocess.run(command, check=True, cwd=directory, stdout=subprocess.DEVNULL)
    print(f"works: {package.name}")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        try_package(Path(argument).resolve())
