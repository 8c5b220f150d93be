"""`rref-proto merge`: several recordings of a job as one."""

from __future__ import annotations

import argparse
from itertools import chain

from ..recording import write_recording
from .arguments import FAILED, Commands, add_command, add_output, add_recordings
from .complaint import complain
from .files import read_recordings
from .outputs import check_no_terminal, open_output


def add_to(commands: Commands) -> None:
    """Add the subcommand."""
    merge = add_command(
        commands,
        "merge",
        run,
        "put several recordings of a job into one",
        example="rref-proto merge job-*.rref -o job.rref",
    )
    add_recordings(merge)
    add_output(merge)


def run(options: argparse.Namespace) -> int:
    """Write the recordings that the call names as one; return the exit code.

    What can be read is written, also where a part of it cannot be read. Where nothing can be read,
    the output stays as it is.
    """
    check_no_terminal(options.output)
    problems: list[str] = []
    records = read_recordings(options.recordings, problems=problems)
    first = next(records, None)
    if first is not None:
        with open_output(options.output) as file:
            write_recording(file, chain([first], records))
    for problem in problems:
        complain(problem)
    return FAILED if problems else 0
