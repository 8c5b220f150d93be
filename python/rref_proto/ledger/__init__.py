"""Who holds which fork of which RRef, told from the messages alone."""

from .ledger import Ledger
from .told import Certainty, HeldFork, Remark

__all__ = ["Certainty", "HeldFork", "Ledger", "Remark"]
