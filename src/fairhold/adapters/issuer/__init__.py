"""Issuers of cards and codes: the sandbox issuer that knows whether its cards were used."""
