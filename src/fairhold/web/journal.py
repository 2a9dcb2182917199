"""What the doors write down: one JSON object a line, through the standard library's logging.

A failure is told by its kind and where it happened. No variable is written, and what the exception
says only where it speaks of the program itself: else either may hold somebody's secret.
"""

import logging
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog
from jinja2 import TemplateError

Entry = MutableMapping[str, Any]
OF_THE_PROGRAM = (
    AssertionError,
    AttributeError,
    ImportError,
    NameError,
    TemplateError,
    TypeError,
)
"""Failures whose words are names of the program, never values."""


def journal(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that cannot tell secrets."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _where,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger


def _where(_logger: object, _method: str, entry: Entry) -> Entry:
    """Replace an exception by its kind and the places it passed."""
    failure = entry.pop("exc_info", None)
    if isinstance(failure, BaseException):
        frames = traceback.extract_tb(failure.__traceback__)
        entry["failure"] = f"{type(failure).__module__}.{type(failure).__qualname__}"
        if isinstance(failure, OF_THE_PROGRAM):
            entry["says"] = str(failure)
        entry["passed"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return entry
