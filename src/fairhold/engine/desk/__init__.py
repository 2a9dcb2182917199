"""The desk: what a person or a program can ask for, whichever door they came through.

Pages and API both call these functions. Each gathers what a decision needs from the vault and the
world outside, hands one wish to the engine, and returns its outcome. Who may do what is decided in
the domain, never here.
"""

from fairhold.engine.desk.desk import Desk

__all__ = ["Desk"]
