"""The command rref-proto."""

from .command import main

__all__ = ["main"]
