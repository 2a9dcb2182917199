"""A payment provider of our own, to trade without real money: books, checkout page, notices.

It stands alone and knows nothing of Fairhold: :class:`Provider` is the whole business behind one
lock, :func:`answer` its HTTP interface as a plain function, :func:`create_provider_app` the same
as an ASGI app, :class:`NoticeSender` delivers its notices. It misbehaves like a real one when
asked to; ``docs/sandbox.md`` lists how.
"""

from fairhold.adapters.notices import NoticeFault, NoticeSender
from fairhold.adapters.payment.sandbox.api import Answer, Request, answer
from fairhold.adapters.payment.sandbox.app import create_provider_app
from fairhold.adapters.payment.sandbox.provider import Provider
from fairhold.adapters.payment.sandbox.words import (
    ApiFault,
    Choice,
    Problem,
    ProviderSettings,
)

__all__ = [
    "Answer",
    "ApiFault",
    "Choice",
    "NoticeFault",
    "NoticeSender",
    "Problem",
    "Provider",
    "ProviderSettings",
    "Request",
    "answer",
    "create_provider_app",
]
