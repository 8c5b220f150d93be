"""Who holds which fork of which RRef, told from the messages alone."""

from .ledger import Ledger
from .told import Certainty, Doubt, Evidence, HeldFork, Reason, Remark
from .unanswered import Unanswered

__all__ = [
    "Certainty",
    "Doubt",
    "Evidence",
    "HeldFork",
    "Ledger",
    "Reason",
    "Remark",
    "Unanswered",
]
