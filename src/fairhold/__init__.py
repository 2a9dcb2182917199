"""Fairhold holds the money, the secret and the record of a deal until the deal has been fair."""

__version__ = "0.1.0"
