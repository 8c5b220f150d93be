"""Measure and compare speeds.

    python scripts/bench [control] [values] [small_tensor] [payloads] [tensors] [ledger]
                             [recordings]

Times differ from machine to machine and from minute to minute. So look at the last column: the
time divided by the time of the first row of the table. No time is checked. A table that compares
formats fails where they do not all give the same value.
"""

from __future__ import annotations

import sys

import control
import ledger
import payloads
import recordings
import small_tensor
import tensors
import values
from timing import Table

# The ledger is first, while this process is small: a new process starts with the peak memory of
# the process that starts it.
BENCHMARKS = {
    "ledger": ledger.tables,
    "control": control.tables,
    "values": values.tables,
    "small_tensor": small_tensor.tables,
    "payloads": payloads.tables,
    "tensors": tensors.tables,
    "recordings": recordings.tables,
}


def show(table: Table) -> None:
    """Print one table."""
    print(f"\n{table.title}")
    base = table.rows[0].seconds
    for row in table.rows:
        print(
            f"  {row.name:<44} {row.seconds * 1e6:>14.2f} us {row.seconds / base:>9.3f}  {row.note}"
        )


if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        for table in BENCHMARKS[name]():
            show(table)
