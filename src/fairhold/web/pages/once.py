"""One-time keys: every rendering of a form has its own, so that sending it twice is harmless."""

import secrets


def once() -> str:
    """A key for one rendering of one form."""
    return secrets.token_urlsafe(16)
