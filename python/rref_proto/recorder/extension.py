"""Compiles and loads agent.cpp, by torch's own means."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch.utils import cpp_extension

SOURCES = [Path(__file__).with_name(name) for name in ("agent.cpp", "notes.h")]
# In seconds. It takes half a minute on a machine that is not busy.
LONGEST_COMPILATION = 600
# libtorch's headers declare the agent only with USE_TENSORPIPE.
FLAGS = ["-O2", "-DUSE_TENSORPIPE"]


@cache
def load_agent() -> Any:
    """Return the module of agent.cpp. Raises RuntimeError where it cannot be compiled."""
    for program, remedy in (
        (cpp_extension.get_cxx_compiler(), "install g++, or set CXX"),
        ("ninja", "pip install ninja, or activate the environment that has it"),
    ):
        if shutil.which(program) is None:
            raise RuntimeError(
                f"recording compiles a small extension and found no {program}: {remedy}"
            )
    name = _name()
    root = os.environ.get("TORCH_EXTENSIONS_DIR") or cpp_extension.get_default_build_root()
    directory = Path(root, name)
    directory.mkdir(parents=True, exist_ok=True)
    _drop_stale_lock(directory / "lock")
    return cpp_extension.load(
        name, [str(SOURCES[0])], extra_cflags=FLAGS, build_directory=str(directory)
    )


def _drop_stale_lock(lock: Path) -> None:
    """Remove the lock of a process that was killed while it compiled: torch would wait forever."""
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > LONGEST_COMPILATION:
            lock.unlink()


def _name() -> str:
    """Name the extension by all that it is made of.

    All environments of a user share one cache. Two different builds need two names, or one
    overwrites the other while it is in use.
    """
    parts = [torch.__version__, torch.__file__, *map(str, SOURCES), *FLAGS]
    digest = sha256("\0".join(parts).encode())
    for source in SOURCES:
        digest.update(source.read_bytes())
    return f"rref_proto_{digest.hexdigest()[:16]}"
