"""The command line: one function per verb; parse, load settings, call; exit codes."""

from __future__ import annotations


def main() -> None:
    """Run the verb named on the command line."""
