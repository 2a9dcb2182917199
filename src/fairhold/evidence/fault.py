"""Why a piece of evidence does not hold: a value with a stable code, never an exception."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to distrust what was shown; ``code`` is stable, ``detail`` is for a person.

    Codes: ``note.malformed``, ``note.bad_signature``, ``note.unsigned``, ``checkpoint.malformed``,
    ``checkpoint.wrong_origin``, ``checkpoint.shrunk``, ``proof.beyond_tree``,
    ``proof.not_included``, ``proof.not_consistent``.
    """

    code: str
    detail: str
