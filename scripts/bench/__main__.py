"""Measure and compare speeds. No result is checked.

    python scripts/bench [control] [tensors] [ledger]

Times differ from machine to machine and from minute to minute. So look at the last column: the
time divided by the time of the first row of the table.
"""

from __future__ import annotations

import sys

import control
import ledger
import tensors
from timing import Table

# The ledger is first, while this process is small: a new process starts with the peak memory of
# the process that starts it.
BENCHMARKS = {"ledger": ledger.tables, "control": control.tables, "tensors": tensors.tables}


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
