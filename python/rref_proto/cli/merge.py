"""`rref-proto merge`: several recordings of a job as one."""

from __future__ import annotations

import argparse

from ..recording import write_recording
from .arguments import Commands, add_command, add_output, add_recordings
from .files import open_output, read_recordings


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    merge = add_command(commands, "merge", run, "put several recordings of a job into one")
    add_recordings(merge)
    add_output(merge)


def run(options: argparse.Namespace) -> int:
    """Write the recordings that the call names as one; return the exit code."""
    with open_output(options.output) as file:
        write_recording(file, read_recordings(options.recordings))
    return 0
