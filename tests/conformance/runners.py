"""Build the programs of a language, and run them: the runner and the user of the exchange."""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delimited import read_delimited, write_delimited
from google.protobuf.message import DecodeError
from languages import Language, packages
from vector import Vector

# Ten times longer than any program needs. They only stop a program that hangs.
SECONDS_TO_BUILD, SECONDS_TO_RUN = 900, 60


@dataclass(frozen=True)
class Checkout:
    """A checkout of the repository, in which the languages are built and run."""

    root: Path

    def output(self, name: str) -> Path:
        """Return the folder in which the language of this name is built."""
        return self.root / ".venv" / "conformance" / name

    def command(self, language: Language, script: str) -> list[str]:
        folder = self.root / "tests" / "conformance" / language.name
        return [str(folder / script), str(self.output(language.name))]

    def build(self, language: Language) -> str:
        """Build a language's programs; return the problem, or an empty text."""
        missing = language.missing_programs()
        problem = f"not installed: {', '.join(missing)}" if missing else ""
        if problem := problem or run(self.command(language, "build.sh"), SECONDS_TO_BUILD)[1]:
            problem += f"\n    what it needs: apt-get install {' '.join(packages([language]))}"
        return problem

    def load_protocol(self) -> Any:
        """Return the module of conformance.proto, which Python's build.sh has generated."""
        sys.path.append(str(self.output("python")))
        return importlib.import_module("conformance_pb2")

    def run_exchange(self, language: Language) -> str:
        """Start the owner with a language's user; return the problem, or an empty text."""
        owner = self.root / "examples" / "exchange" / "owner.py"
        command = [sys.executable, str(owner), *self.command(language, "exchange.sh")]
        return run(command, SECONDS_TO_RUN)[1]

    def run_vectors(
        self, language: Language, vectors: Iterable[Vector], protocol: Any
    ) -> tuple[list[Any], str]:
        """Start a language's runner once for all vectors; return its Results, and any problem."""
        stdin = io.BytesIO()
        for vector in vectors:
            text = "" if vector.json is None else json.dumps(vector.json)
            message = protocol.Vector(
                name=vector.name, message=vector.message, wire=vector.wire, json=text
            )
            write_delimited(stdin, [message])
        stdout, problem = run(self.command(language, "run.sh"), SECONDS_TO_RUN, stdin.getvalue())
        results: list[Any] = []
        try:
            results.extend(read_delimited(io.BytesIO(stdout), protocol.Result))
        except (EOFError, DecodeError) as error:
            problem = problem or f"run.sh wrote bytes that are not a Result: {error}"
        return results, problem


THIS_CHECKOUT = Checkout(Path(__file__).resolve().parents[2])


def run(command: list[str], seconds: int, stdin: bytes = b"") -> tuple[bytes, str]:
    """Run a command to its end; return its output, and the problem, or an empty text."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHON": sys.executable},
        start_new_session=True,  # so that the processes that it starts can be killed with it
    )
    try:
        stdout, stderr = process.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
    if not process.returncode:
        return stdout, ""
    errors = stderr.decode(errors="replace").rstrip()
    return stdout, f"{Path(command[0]).name} ended with status {process.returncode}\n{errors}"
