"""A sandbox provider on a clock that tests move, and what a receiver of its notices got."""

from collections.abc import Mapping

from fairhold.adapters.payment.http import SandboxPayment
from fairhold.adapters.payment.sandbox import NoticeSender, Provider, ProviderSettings
from fairhold.adapters.webhook import verify
from fairhold.engine.outside import BadNotice, Notice
from fairhold.kernel.money import Money

START = 1_795_000_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MINUTE = 60_000


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def settings(journal: str = "", *, magic: bool = True) -> ProviderSettings:
    return ProviderSettings(
        api_key="key-of-the-shop",
        control_key="key-of-the-stage",
        webhook_secret=SECRET,
        public_url="/sandbox/pay",
        journal=journal,
        magic=magic,
        hang_s=0.01,
    )


class Stage:
    """One provider with its client, its sender and everything that was delivered."""

    def __init__(self, journal: str = "", *, magic: bool = True) -> None:
        self.clock = Clock()
        self.pauses: list[float] = []
        self.start(journal, magic=magic)

    def start(self, journal: str = "", *, magic: bool = True) -> None:
        self.provider = Provider(settings(journal, magic=magic), self.clock)
        self.port = SandboxPayment.inside(self.provider, pause=self.pauses.append)
        self.sender = NoticeSender(self.provider, self.receive)
        self.answers: list[int] = []
        self.heard: list[Notice] = []
        self.rejected: list[str] = []
        self.bodies: list[bytes] = []

    async def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        if self.answers:
            return self.answers.pop(0)
        try:
            notice = self.port.verify_notice(headers, body, self.clock.now)
        except BadNotice as bad:
            self.rejected.append(bad.code)
            return 400
        assert verify((SECRET,), headers, body, self.clock.now) == notice.id
        self.heard.append(notice)
        self.bodies.append(body)
        return 204

    def open(self, minor: int = 5_000, key: str = "open-1", deal: str = "deal_1") -> str:
        expires = self.clock.now + 30 * MINUTE
        checkout = self.port.open_checkout(deal, yuan(minor), "/deals/1", expires, key)
        return checkout.payment

    def hold(self, minor: int = 5_000, key: str = "open-1") -> str:
        payment = self.open(minor, key)
        assert self.provider.pay(payment)
        self.port.capture(payment, f"capture-{key}")
        return payment

    def kinds(self) -> list[str]:
        return [entry.kind.value for entry in self.port.statement("", 500)]


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")
