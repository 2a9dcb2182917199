"""A market to look at: people, listings, and deals in several phases, all made by commands.

It is made once, on an empty database, by a house whose clock starts some days ago and walks up to
now, so that the deals have a past. Everybody signs in with one password, drawn for this
installation alone. Two marks on the shelf, written first and last, tell a whole one from one
that was interrupted.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, structs

from fairhold.adapters.carrier.sandbox import Script
from fairhold.adapters.issuer.sandbox import make_card
from fairhold.adapters.payment.sandbox.words import Choice
from fairhold.domain.deal.state import Deal
from fairhold.engine import pictures
from fairhold.engine.batching import Receipt
from fairhold.engine.clock import SystemClock, TestClock
from fairhold.engine.desk import market, people, talk, trade
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.followers import Effect
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import Checkout, ScanKind
from fairhold.engine.ports import Store
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND, Span
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal
from fairhold.lab.drawings import draw
from fairhold.lab.sample_goods import PEOPLE, THINGS
from fairhold.settings import Settings
from fairhold.stores import open_store
from fairhold.web.security.credentials import Credentials
from fairhold.web.security.passwords import Argon2

PAST = 4 * DAY + 8 * HOUR
"""How long ago the sample market begins."""
SPACE: Final = "sample"
MARK: Final = "market"
BEGUN: Final = b"begun"
COMPLETE: Final = b"complete"
LEASE: Final = "sample"
LEASE_MS: Final[Span] = 5 * SECOND
RENEW_S: Final = 0.25


class Kept(Struct, frozen=True):
    """What has to be printed at every start."""

    password: str


def ensure_sample(settings: Settings, say: Callable[[str], None]) -> None:
    """Make the sample market when the database is empty; nothing otherwise.

    ``say`` hears what keeps it from being made, or from being made at once.

    Of several servers that start on one empty database one makes it, and the others wait. What
    was interrupted is left as it is: its past cannot be walked twice.
    """
    if settings.database_url == "memory:":
        return
    store = open_store(settings.database_url or None, settings.var)
    try:
        if not _is_to_make(store):
            return
        with claimed(store, say):
            hindrance = _hindrance(settings)
            if store.parts():
                return
            if hindrance:
                say(f"No sample market: {hindrance}")
                return
            store.shelf_put(SPACE, MARK, BEGUN)
            _make(settings)
            store.shelf_put(SPACE, MARK, COMPLETE)
    finally:
        store.close()


def _is_to_make(store: Store) -> bool:
    """Whether the database is empty, or somebody has begun and is perhaps still at it."""
    mark = store.shelf_get(SPACE, MARK, SystemClock().now())
    return mark == BEGUN or (mark is None and not store.parts())


def _hindrance(settings: Settings) -> str:
    """Why a sample market cannot be made here; empty when it can."""
    if settings.provider_url:
        return "it pays in a sandbox of its own, and FAIRHOLD_PROVIDER_URL names another provider."
    folder = settings.var / "sandbox"
    if any(file.stat().st_size for file in folder.glob("*.jsonl")):
        return f"{folder} keeps the business of another database."
    return ""


@contextmanager
def claimed(store: Store, say: Callable[[str], None]) -> Iterator[None]:
    """Be the only one who makes a sample market here; wait while another is at it."""
    owner, clock, over = secrets.token_hex(8), SystemClock(), threading.Event()

    def hold() -> bool:
        now = clock.now()
        return store.lease(LEASE, owner, now, now + LEASE_MS)

    def keep() -> None:
        while not over.wait(RENEW_S):
            hold()

    if not hold():
        say("Another server makes the sample market, or did a moment ago: waiting for it.")
        while not hold():
            over.wait(RENEW_S)
    keeper = threading.Thread(target=keep, name="sample-claim", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        store.release(LEASE, owner)


def _make(settings: Settings) -> None:
    now = SystemClock().now()
    clock = TestClock(now - PAST)
    house = House(structs.replace(settings, test_clock=0), clock=clock)
    try:
        password = _remember_password(settings)
        Maker(house, clock, now, password).make()
    finally:
        for step in house.steps:
            if isinstance(step, Effect):
                # The followers of the server need not wait until these leases end by themselves.
                step.stop()
        house.stop()


def welcome(settings: Settings, store: Store) -> str:
    """What to print when the server is up."""
    lines = [f"Fairhold is open at {settings.address}"]
    mark = store.shelf_get(SPACE, MARK, SystemClock().now())
    file = _file(settings)
    if mark == BEGUN:
        lines += ["", _half_made(settings)]
    elif mark == COMPLETE and file.exists():
        password = msgspec.json.decode(file.read_bytes(), type=Kept).password
        lines += ["", f"Sign in as one of these (password: {password})"]
        width = max(len(person.email) for person in PEOPLE)
        lines += [f"  {person.email:{width}}  {person.name} {person.does}" for person in PEOPLE]
        lines += ["", "Payments, parcels and mail are a sandbox: no real money moves."]
    return "\n".join(lines)


def _half_made(settings: Settings) -> str:
    places = f"the folder {settings.var}"
    if settings.database_url:
        places += " and everything in the database"
    return (
        "The sample market is not complete: making it was interrupted, so nobody can be promised "
        f"to sign in.\nTo have a whole one, stop the server, remove {places}, and start again."
    )


def _file(settings: Settings) -> Path:
    return settings.var / "keys" / "sample.json"


def _remember_password(settings: Settings) -> str:
    password = f"fair-{secrets.token_hex(4)}"
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(Kept(password)))
    return password


class Maker:
    """Walks through the sample market's past."""

    def __init__(self, house: House, clock: TestClock, now: int, password: str) -> None:
        """``now`` is where the walk ends."""
        self.house = house
        self.desk = house.desk
        self.clock = clock
        self.now = now
        self.password = password
        self.actors: dict[str, Actor] = {}
        self.listings: dict[str, int] = {}

    def make(self) -> None:
        """Make everything, oldest first."""
        self._people()
        self._things()
        self._completed()
        self._refused_at_the_door()
        self._disputed()
        self._on_its_way()
        self._to_be_met()
        self._sealed()
        self._delivered()
        self._catch_up(20 * MINUTE)
        self._waiting_for_the_code()
        self._catch_up(2 * MINUTE)
        self._unpaid()
        self._catch_up(0)

    def _people(self) -> None:
        credentials = Credentials(self.house.store, SystemClock(), Argon2())
        hashed = credentials.hash(self.password)
        for person in PEOPLE:
            profile = Profile(email=person.email, handle=person.name, language=person.language)
            account = _done(people.sign_up(self.desk, profile)).stream
            credentials.put(account, hashed)
            if person.operator:
                _done(people.grant_operator(self.desk, account))
            self.actors[person.name] = Actor(account=account, operator=person.operator)

    def _things(self) -> None:
        for thing in THINGS:
            actor = self.actors[thing.seller]
            number = pictures.keep(self.desk, actor, draw(thing.drawing, "#f4efe6", thing.accent))
            assert not isinstance(number, Refusal), "our own drawings are pictures"
            words = Words(title=thing.title, description=thing.text, pictures=(number,))
            asked = market.Asked(
                words=words,
                price=Money(thing.minor, "CNY"),
                delivery=thing.delivery,
                category=thing.category,
                stock=thing.stock,
            )
            self.listings[thing.title] = _done(market.publish(self.desk, actor, asked)).stream
            self.clock.advance(20 * MINUTE)
        self.house.settle()

    # -- deals -------------------------------------------------------------------------------------

    def _completed(self) -> None:
        deal = self._paid("小刘", "游戏点卡 50 元")
        self._seal("小林", deal, 1)
        self._move("小刘", deal, "open")
        self.house.advance(2 * HOUR)
        self._move("小刘", deal, "confirm")
        self.house.advance(HOUR)

    def _refused_at_the_door(self) -> None:
        deal = self._paid("Nora", "口红 999 正红, 全新未拆")
        self._say("阿瑶", deal, "已经打包好了, 今天下午寄出。")
        self._ship("阿瑶", deal, ScanKind.ACCEPTED, ScanKind.MOVING)
        self.house.advance(DAY)
        self._scan(deal, ScanKind.REFUSED)
        self.house.settle()

    def _disputed(self) -> None:
        deal = self._paid("Nora", "咖啡券 2 张")
        self._seal("小林", deal, 2)
        self._move("Nora", deal, "open")
        self._move(
            "Nora",
            deal,
            "open_case",
            MoveArguments(
                claim="code_already_used", text="The café says that the voucher was used yesterday."
            ),
        )
        self.house.advance(DAY)
        self._move(
            "小林", deal, "contest_claim", MoveArguments(text="封存前我查过, 券是没用过的。")
        )
        self.house.settle()

    def _on_its_way(self) -> None:
        deal = self._paid("小刘", "掌上游戏机, 九成新")
        self._say("小刘", deal, "麻烦包结实一点, 谢谢!")
        self._ship("Marek", deal, ScanKind.ACCEPTED, ScanKind.MOVING)
        self.house.carrier.play(self._tracking(deal), Script.DELIVER)
        self.house.settle()

    def _to_be_met(self) -> None:
        deal = self._paid("Nora", "Reading lamp, brass")
        self._say("Nora", deal, "Saturday at ten, main entrance?")
        self._say("Marek", deal, "Yes. Give me the code only when you hold the lamp.")

    def _sealed(self) -> None:
        deal = self._paid("Nora", "超市购物卡 500 元")
        self._say("小林", deal, "先确认收货, 我再把密码发给你")
        self._seal("小林", deal, 3)

    def _delivered(self) -> None:
        deal = self._paid("小刘", "短款夹克 M 码")
        self._ship("阿瑶", deal, ScanKind.ACCEPTED, ScanKind.MOVING)
        self.house.advance(20 * HOUR)
        self._scan(deal, ScanKind.DELIVERED)
        self.house.settle()

    def _waiting_for_the_code(self) -> None:
        self._paid("小刘", "Game key: Star Harbour")

    def _unpaid(self) -> None:
        self._taken("小刘", "超市购物卡 500 元")

    # -- one step ----------------------------------------------------------------------------------

    def _taken(self, buyer: str, title: str) -> int:
        outcome = trade.take(self.desk, self.actors[buyer], self.listings[title], 1)
        deal = _done(outcome).stream
        self.house.settle()
        return deal

    def _paid(self, buyer: str, title: str) -> int:
        deal = self._taken(buyer, title)
        checkout = trade.checkout(
            self.desk, self.actors[buyer], deal, f"{self.house.settings.address}/deals"
        )
        assert isinstance(checkout, Checkout), checkout
        assert self.house.provider is not None, "the sample market pays in its own sandbox"
        self.house.provider.pay(checkout.payment, Choice.PAY)
        self.house.settle()
        return deal

    def _seal(self, seller: str, deal: int, serial: int) -> None:
        card = MoveArguments(number=make_card(serial), password=secrets.token_hex(4))
        self._move(seller, deal, "seal", card)

    def _ship(self, seller: str, deal: int, *kinds: ScanKind) -> None:
        # The carrier keeps quiet by itself, so that these are all the scans there are.
        self.house.carrier.script_next(Script.SILENCE)
        self._move(seller, deal, "book_parcel")
        for kind in kinds:
            self._scan(deal, kind)
            self.house.advance(3 * HOUR)

    def _scan(self, deal: int, kind: ScanKind) -> None:
        self.house.carrier.scan(self._tracking(deal), kind)

    def _tracking(self, deal: int) -> str:
        state: Deal | None = self.house.engine.state(DEAL, deal)
        assert state is not None, "the deal was made a moment ago"
        return state.parcel.tracking

    def _say(self, who: str, deal: int, text: str) -> None:
        channel = talk.channel_of_deal(self.desk, deal)
        _done(talk.say(self.desk, self.actors[who], channel, text))
        self.clock.advance(4 * MINUTE)

    def _move(self, who: str, deal: int, name: str, told: MoveArguments | None = None) -> None:
        arguments = told or MoveArguments()
        _done(trade.move(self.desk, self.actors[who], deal, name, arguments))
        self.house.settle()

    def _catch_up(self, before: int) -> None:
        """Walk to shortly before the present."""
        span = max(0, self.now - before - self.clock.now())
        self.house.advance(span)


def _done(outcome: Receipt | Refusal) -> Receipt:
    assert isinstance(outcome, Receipt), f"the sample market was refused: {outcome}"
    return outcome
