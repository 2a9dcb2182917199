"""The platform's own published policy, by date: periods, fees and limits.

Values are data with a date, never constants in the code that uses them. A deal keeps the edition
that it began with.
"""

from fairhold.rulebook.editions import EDITIONS, brief, in_force, in_full
from fairhold.rulebook.values import Rulebook

__all__ = ["EDITIONS", "Rulebook", "brief", "in_force", "in_full"]
