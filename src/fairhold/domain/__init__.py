"""Pure decisions: each aggregate is a ``decide`` and an ``evolve`` over frozen values."""
