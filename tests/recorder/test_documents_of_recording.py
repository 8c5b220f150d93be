"""The example of docs/recordings.md, with a real PyTorch job."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch")

DOCUMENT = Path(__file__).parents[2] / "docs" / "recordings.md"
DEADLINE = 300  # seconds
TIMES = re.compile(r"\+[0-9.]+s( \(.*\))?")


def _block(language: str, text: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_leak_is_found_as_the_text_says(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    (tmp_path / "leak.py").write_text(_block("python", text), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    workers = [
        subprocess.Popen(
            [sys.executable, "leak.py", str(rank)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(4)
    ]
    try:
        printed = [worker.communicate(timeout=DEADLINE)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]

    time = printed[1].removeprefix("before the shutdown:").strip()
    recordings = sorted(path.name for path in tmp_path.glob("job-*.rref"))
    assert len(recordings) == 4
    ledger = [sys.executable, "-m", "rref_proto", "ledger", *recordings, "--at", time]
    for options, code, expected in (
        (["--leaks"], 1, TIMES.sub("TIME", _block("text", text))),
        ([], 0, "1 RRef held by 1 fork\n"),
    ):
        run = subprocess.run(
            [*ledger, *options], check=False, cwd=tmp_path, capture_output=True, text=True
        )
        assert (run.returncode, run.stderr) == (code, "")
        assert TIMES.sub("TIME", run.stdout).endswith(expected)
