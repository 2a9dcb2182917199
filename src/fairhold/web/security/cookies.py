"""The cookies: a session, a visit of somebody not signed in, a browser known again, a language.

All are unreadable for scripts and stay away from requests that other sites start. Over HTTPS the
names of the first three carry ``__Host-``, so that no neighbouring host can plant one
(RFC 6265bis 4.1.3.2).
"""

from msgspec import Struct

from fairhold.kernel.instant import DAY, SECOND, Span
from fairhold.web.security.lockout import DEVICE_LIFE
from fairhold.web.security.sessions import LONGEST
from fairhold.web.words import COOKIE as LANGUAGE_COOKIE

VISIT_LIFE: Span = LONGEST
YEAR: Span = 365 * DAY


class Cookies(Struct, frozen=True):
    """Names and forms of the cookies; ``secure`` when the server is reached over HTTPS."""

    secure: bool

    @property
    def session(self) -> str:
        """Who is signed in."""
        return self._name("fairhold")

    @property
    def visit(self) -> str:
        """Binds the forms of somebody who is not signed in."""
        return self._name("fairhold-visit")

    @property
    def device(self) -> str:
        """A browser that has signed in before."""
        return self._name("fairhold-device")

    def begin_session(self, token: str) -> list[str]:
        """Set-Cookie values when somebody signs in: the visit before it ends."""
        return [self._set(self.session, token, LONGEST), self._clear(self.visit)]

    def end_session(self) -> list[str]:
        """Set-Cookie values when somebody signs out."""
        return [self._clear(self.session), self._clear(self.visit)]

    def begin_visit(self, token: str) -> str:
        """Set-Cookie value for a form's reader."""
        return self._set(self.visit, token, VISIT_LIFE)

    def know_device(self, token: str) -> str:
        """Set-Cookie value for a browser to be known again."""
        return self._set(self.device, token, DEVICE_LIFE)

    def speak(self, language: str) -> str:
        """Set-Cookie value: the language of pages from now on."""
        return self._set(LANGUAGE_COOKIE, language, YEAR)

    def _name(self, plain: str) -> str:
        return f"__Host-{plain}" if self.secure else plain

    def _set(self, name: str, value: str, life: Span) -> str:
        secure = "; Secure" if self.secure else ""
        return f"{name}={value}; Path=/; Max-Age={life // SECOND}; HttpOnly; SameSite=Lax{secure}"

    def _clear(self, name: str) -> str:
        return self._set(name, "", 0)


def read_cookies(header: str) -> dict[str, str]:
    """The cookies of a request; what is no cookie is skipped, of two with one name the first holds.

    The standard library's reader gives up at the first odd cookie, which may be a neighbour's.
    """
    found: dict[str, str] = {}
    for piece in header.split(";"):
        name, equals, value = piece.strip().partition("=")
        if equals and name not in found:
            found[name] = value
    return found
