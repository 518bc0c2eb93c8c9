"""What is said of a channel that nobody knows; apart, so that lists of channels need no search."""

from __future__ import annotations

from storage.failures import BadInput


class UnknownChannelError(BadInput, LookupError):
    """No channel, or no group, of that name is in the archive."""
