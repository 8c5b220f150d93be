"""Compare speeds, the contenders in turn in one run; nothing is asserted.

    python scripts/bench [control] [tensors] [ledger]

Times differ from machine to machine and from minute to minute. What counts is the last column: a
time as a ratio to that of the first row of its table.
"""

from __future__ import annotations

import sys

import control
import ledger
import tensors
from timing import Table

# The ledger first: the peak memory of a new process is at least that of the one that starts it.
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
