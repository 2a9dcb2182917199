"""Holding a secret for one deal: all of its fingerprints or none."""

import secrets

from msgspec import Struct

from fairhold.domain.fingerprint import ATTEMPT_BITS, LetGo, mark_of
from fairhold.engine.desk.asked import SecretFields
from fairhold.engine.desk.desk import Desk
from fairhold.engine.kinds import DEAL, FINGERPRINT
from fairhold.kernel.actor import PLATFORM


class Held(Struct, frozen=True):
    """What one attempt to seal holds for its deal."""

    desk: Desk
    deal: int
    mark: int
    streams: tuple[int, ...]

    def let_go(self) -> None:
        """Take this attempt's own marks back; what another attempt relies on stays held."""
        wish = LetGo(by=PLATFORM, holder=self.deal, only=self.mark)
        for stream in self.streams:
            self.desk.engine.do(FINGERPRINT, stream, wish)


def hold_secret(desk: Desk, deal: int, fields: SecretFields) -> Held | None:
    """Hold every fingerprint of a secret; None, and nothing held, when another deal has one."""
    typed = (fields.number, fields.password)
    if any(_is_anothers(desk, deal, one) for one in desk.vault.fingerprints_inside(*typed)):
        return None
    # The deal's version is read after its state: an older fact's reaction never undoes this hold.
    mark = mark_of(desk.engine.version(DEAL, deal), secrets.randbits(ATTEMPT_BITS))
    held = Held(desk, deal, mark, ())
    try:
        for fingerprint in desk.vault.fingerprints(*typed):
            stream, refusal = desk.hold_fingerprint(fingerprint, deal, mark)
            if refusal is not None:
                held.let_go()
                return None
            held = Held(desk, deal, mark, (*held.streams, stream))
    except BaseException:
        held.let_go()
        raise
    return held


def _is_anothers(desk: Desk, deal: int, fingerprint: bytes) -> bool:
    """Whether a part of what was typed is what another deal holds."""
    holder = desk.holder_of(fingerprint)
    return holder not in {None, deal}
