"""What simulated people do: sell, buy, pay in every way there is, move, talk, cheat, be paid out.

Each deed is one function of the world. It draws what it needs by chance, asks the desk as a page
or the API would, repeats with the same key what was cut off, and objects when what it was told
before (``next_actions``) turns out not to be so.
"""

from collections.abc import Callable

from fairhold.adapters.issuer.sandbox import DOWN_PREFIX, PLAIN_PREFIX, USED_PREFIX, make_card
from fairhold.adapters.payment.sandbox.words import Choice, Problem
from fairhold.domain.deal.actions import next_actions
from fairhold.domain.deal.case import CLAIMS
from fairhold.domain.deal.returns import REASONS
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.domain.wallet import LockDeposit, RequestPayout, UnlockDeposit, Wallet
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import market, people, talk, trade
from fairhold.engine.desk.asked import Profile, SecretFields, Words
from fairhold.engine.desk.desk import Desk
from fairhold.engine.desk.moves import MOVES, MoveArguments
from fairhold.engine.engine import Key
from fairhold.engine.kinds import DEAL, WALLET
from fairhold.engine.outside import Checkout, Declined, OutsideUnavailable
from fairhold.kernel.actor import Actor, Role
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal
from fairhold.lab.sim_audit import Broken
from fairhold.lab.sim_world import OUTAGES, Card, World
from fairhold.stores.memory import MemoryStore

BUYERS = ("ann", "bo", "cai")
SELLERS = ("dai", "eve", "mallory")
FRAUDSTER = "mallory"
OPERATOR = "olga"
TRIES_MAX = 60
HONEST, PATIENT, LIVELY = 0.88, 0.85, 0.85
IN_TURN = 0.6
ENDING = {"cancel": 0.06, "withdraw": 0.15, "confirm": 0.4, "withdraw_case": 0.3}
"""Moves that end things: made seldom, so that deals get far."""
SELDOM = {**ENDING, "book_parcel": 0.5, "book_return": 0.5, "read_again": 0.2}
CARDS = 12
"""How many cards there are in the world: few, so that somebody sells one twice."""
ALWAYS_WRONG = frozenset({"deal.not_now", "deal.not_for_your_role", "deal.not_yours"})
CHOICES = (
    *(Choice.PAY,) * 10,
    *(choice for choice in Choice if choice is not Choice.NOTICE_TOGETHER),
)
"""How buyers pay. Notices that arrive together need threads, and have tests of their own."""
SENTENCES = (
    "先确认收货，我马上发卡密",
    "Please confirm the receipt first.",
    "卡号 6221 8899 1234 密码 998877",
    "Is it still there?",
    "我已经付款了，发我卡密",
)


def move_in(world: World) -> None:
    """Let everybody sign up."""
    desk = world.own_desk
    for name in (*BUYERS, *SELLERS, OPERATOR):
        outcome = people.sign_up(desk, Profile(email=f"{name}@fairhold.example", handle=name))
        assert isinstance(outcome, Receipt), outcome
        if name == OPERATOR:
            people.grant_operator(desk, outcome.stream)
        world.people[name] = Actor(account=outcome.stream, operator=name == OPERATOR)


def insist(
    world: World, ask: Callable[[Desk, Key], Outcome], caller: Actor
) -> tuple[Outcome, bool]:
    """Ask with a key until there is an answer; then now and then ask the same once more.

    Answers with the outcome and whether the first try got it. The repetition must get the same.
    """
    key = Key.of(str(caller.account), world.key_name(), b"the same every time")
    for tried in range(TRIES_MAX):
        try:
            outcome = ask(world.desk, key)
        except (*OUTAGES, OutsideUnavailable):
            continue
        _check_kept(world, outcome)
        if world.maybe(0.15):
            _repeat(world, ask, key, outcome)
        return outcome, tried == 0
    raise Broken(0, "never_answered", "every try met an outage")


def _check_kept(world: World, outcome: Outcome) -> None:
    """What was acknowledged is there."""
    if isinstance(outcome, Receipt):
        row = MemoryStore.state(world.store, outcome.stream)
        if row is None or row.version < outcome.version:
            raise Broken(outcome.stream, "acknowledged_and_lost")


def _repeat(world: World, ask: Callable[[Desk, Key], Outcome], key: Key, first: Outcome) -> None:
    world.audit.look()
    before = world.audit.events
    try:
        again = ask(world.desk, key)
    except (*OUTAGES, OutsideUnavailable):
        return
    if isinstance(first, Receipt):
        same = isinstance(again, Receipt) and (again.stream, again.version, again.seq) == (
            first.stream,
            first.version,
            first.seq,
        )
    else:
        same = isinstance(again, Refusal)
    stream = first.stream if isinstance(first, Receipt) else 0
    if not same:
        raise Broken(stream, "repetition_differs", f"{first} and {again}")
    if isinstance(first, Receipt) and first.events and _moved(world, stream, before):
        raise Broken(stream, "repeated_twice", "the repetition did it again")


def _moved(world: World, stream: int, before: int) -> bool:
    version = world.audit.streams[stream].version if stream in world.audit.streams else 0
    world.audit.look()
    after = world.audit.streams[stream].version if stream in world.audit.streams else 0
    return world.audit.events > before and after > version


def state_of(deal: int, world: World) -> Deal | None:
    """A deal as it is stored, read behind the back of every fault."""
    row = MemoryStore.state(world.store, deal)
    return DEAL.decoder.decode(row.data.partition(b":")[2]) if row is not None else None


# -- the market ------------------------------------------------------------------------------------


def publish(world: World) -> None:
    """Offer something."""
    seller, asked = world.pick(SELLERS), _offer(world)

    def ask(desk: Desk, key: Key) -> Outcome:
        return market.publish(desk, seller, asked, key)

    outcome, _ = insist(world, ask, seller)
    assert isinstance(outcome, Receipt), outcome
    world.listings.append(outcome.stream)


def _offer(world: World) -> market.Asked:
    chance = world.chance
    minor = chance.choice((1, 99, 100, 5_000, 123_457, 10**9, 10**12))
    currency = chance.choice(("CNY", "CNY", "CNY", "JPY", "KWD"))
    return market.Asked(
        words=Words(title="something", description="as good as new"),
        price=Money(minor, currency),
        delivery=chance.choice(tuple(Delivery)),
        stock=chance.choice((1, 1, 1, 2, 3)),
    )


def change_listing(world: World) -> None:
    """Revise an offer, take it off the market, or put it back; sometimes it is another's."""
    if not world.listings:
        return
    chance, listing = world.chance, world.chance.choice(world.listings)
    seller, deed, asked = world.pick(SELLERS), chance.randrange(3), _offer(world)

    def ask(desk: Desk, key: Key) -> Outcome:
        if deed == 0:
            return market.revise(desk, seller, listing, asked, key)
        return (market.delist if deed == 1 else market.relist)(desk, seller, listing, key)

    insist(world, ask, seller)


def take(world: World) -> None:
    """Take an offer in the version that was seen, which may be an old one."""
    if not world.listings:
        return
    chance, buyer = world.chance, world.pick((*BUYERS, FRAUDSTER))
    listing = chance.choice(world.listings[-6:])
    version = chance.choice((1, 1, 1, 2))

    def ask(desk: Desk, key: Key) -> Outcome:
        return trade.take(desk, buyer, listing, version, key)

    outcome, _ = insist(world, ask, buyer)
    if isinstance(outcome, Receipt):
        if outcome.stream in world.deals:
            raise Broken(outcome.stream, "taken_twice")
        world.deals.append(outcome.stream)


# -- paying ----------------------------------------------------------------------------------------


def pay(world: World) -> None:
    """Open the checkout and press a button; a fraudster looks and goes."""
    deal = _any_deal(world)
    state = state_of(deal, world) if deal else None
    if state is None:
        return
    buyer = Actor(account=state.buyer)
    try:
        page = trade.checkout(world.desk, buyer, deal, "https://fairhold.example/back")
    except (*OUTAGES, OutsideUnavailable, Declined):
        return
    if not isinstance(page, Checkout) or buyer == world.people[FRAUDSTER]:
        return
    provider = world.house.provider
    assert provider is not None, "the provider lives in the house"
    world.payments.setdefault(deal, []).append(page.payment)
    try:
        provider.pay(page.payment, world.chance.choice(CHOICES))
    except Problem:
        return  # paid, cancelled or too late: the page says so


def take_and_pay(world: World) -> None:
    """Take an offer and pay at once, as most people do."""
    known = len(world.deals)
    take(world)
    if len(world.deals) > known and world.maybe(0.9):
        world.settle()
        _pay_for(world, world.deals[-1])


def _pay_for(world: World, deal: int) -> None:
    deals, world.deals = world.deals, [deal]
    try:
        pay(world)
    finally:
        world.deals = deals
    world.settle()


# -- moving ----------------------------------------------------------------------------------------


def move(world: World) -> None:
    """Make a move: usually one that is offered, sometimes any, sometimes in another's deal."""
    deal = _any_deal(world)
    state = state_of(deal, world) if deal else None
    if state is None:
        return
    chance = world.chance
    actor = _party(world, state)
    offered = next_actions(state, actor).moves
    if offered and all(name in ENDING for name in offered) and world.maybe(PATIENT):
        return
    honest = bool(offered) and world.maybe(HONEST)
    names = offered if honest else tuple(MOVES)
    (name,) = chance.choices(names, [SELDOM.get(name, 1.0) for name in names])
    told = _arguments(world, deal, state, name)

    def ask(desk: Desk, key: Key) -> Outcome:
        return trade.move(desk, actor, deal, name, told, key)

    try:
        outcome, at_once = insist(world, ask, actor)
    except Declined:
        return  # the carrier's final no
    late = state.clock is not None and state.clock.due <= world.clock.now()
    if isinstance(outcome, Refusal):
        if at_once and not late and name in offered and outcome.code in ALWAYS_WRONG:
            raise Broken(deal, "offered_not_granted", f"{name} {outcome.code}")
        return
    if at_once and not late and name not in offered and outcome.events:
        raise Broken(deal, "granted_not_offered", f"{name} by {next_actions(state, actor).role}")
    if name == "seal":
        world.sealed[deal] = Card(told.number, told.password)
    if name in {"open", "read_again"}:
        _look_inside(world, deal, state)


def _party(world: World, state: Deal) -> Actor:
    buyer, seller = Actor(account=state.buyer), Actor(account=state.seller)
    deadline = next_actions(state, buyer).deadline
    turn = deadline.turn if deadline is not None else Role.CLOCK
    by_role = {Role.BUYER: buyer, Role.SELLER: seller, Role.OPERATOR: world.people[OPERATOR]}
    stranger = world.pick((*BUYERS, *SELLERS))
    anybody = world.chance.choice((buyer, buyer, seller, seller, world.people[OPERATOR], stranger))
    return by_role.get(turn, anybody) if world.maybe(IN_TURN) else anybody


def _arguments(world: World, deal: int, state: Deal, name: str) -> MoveArguments:
    chance = world.chance
    if name == "seal":
        prefix = chance.choice((PLAIN_PREFIX,) * 6 + (USED_PREFIX, DOWN_PREFIX))
        card = make_card(chance.randrange(CARDS), prefix)
        return MoveArguments(number=card, password=card[-6:-1])
    if name == "present_code":
        right = world.house.vault.meeting_code(deal, state.meeting.code)
        return MoveArguments(code=right if world.maybe(0.7) else "000000")
    if name == "ask_return":
        return MoveArguments(reason=chance.choice((*REASONS, "because")))
    most = max(1, state.money.remaining)
    amount = chance.choice((None, most, 1, max(1, most // 3), most + 1, 0, -5))
    if name == "open_case":
        return MoveArguments(claim=chance.choice(CLAIMS), amount=amount, text="it is broken")
    return MoveArguments(amount=amount, text="for these reasons")


def _look_inside(world: World, deal: int, before: Deal) -> None:
    """The buyer sees what was sealed; nobody else sees anything."""
    state = state_of(deal, world)
    assert state is not None
    try:
        shown = trade.reveal(world.own_desk, Actor(account=before.buyer), deal)
        for other in (Actor(account=before.seller), world.people[OPERATOR]):
            if not isinstance(trade.reveal(world.own_desk, other, deal), Refusal):
                raise Broken(deal, "secret_shown_to_another")
    except OUTAGES:
        return
    if state.secret.phase.value != "opened":
        if not isinstance(shown, Refusal):
            raise Broken(deal, "secret_shown_unopened")
        return
    known = world.sealed.get(deal)
    if known is not None and isinstance(shown, SecretFields):
        if (shown.number, shown.password) != (known.number, known.password):
            raise Broken(deal, "secret_differs")
    elif isinstance(shown, Refusal):
        raise Broken(deal, "secret_not_shown", shown.code)


def _any_deal(world: World) -> int:
    if not world.deals:
        return 0
    live = [deal for deal in world.deals if (state := state_of(deal, world)) and not state.ended]
    return world.chance.choice(live if live and world.maybe(LIVELY) else world.deals)


# -- talking and money -----------------------------------------------------------------------------


def say(world: World) -> None:
    """Say something in a deal, fair or not."""
    deal = _any_deal(world)
    state = state_of(deal, world) if deal else None
    if state is None:
        return
    actor = Actor(account=world.chance.choice((state.buyer, state.seller)))
    text = world.chance.choice(SENTENCES)

    def ask(desk: Desk, key: Key) -> Outcome:
        return talk.say(desk, actor, talk.channel_of_deal(desk, deal), text, key)

    insist(world, ask, actor)


def redeem(world: World) -> None:
    """A seller uses a code that is already sealed: the oldest trick there is."""
    if world.sealed:
        card = world.chance.choice(list(world.sealed.values()))
        world.house.issuer.redeem(card.number, world.clock.now())


def bank(world: World) -> None:
    """Ask for a payout, or put a guarantee down or take it back."""
    chance, owner = world.chance, world.pick(SELLERS)
    stream = world.own_desk.derived("wallet", owner.account)
    row = MemoryStore.state(world.store, stream)
    if row is None:
        return
    wallet: Wallet = WALLET.decoder.decode(row.data.partition(b":")[2])
    purse = wallet.available if world.maybe(0.7) else wallet.deposit
    currency = chance.choice(sorted(purse) or ["CNY"])
    there = purse.get(currency, 0)
    amount = Money(chance.choice((there, there, there // 2, there + 1, 0)), currency)
    wish: Command = chance.choice((RequestPayout, RequestPayout, LockDeposit))(
        by=owner, amount=amount
    )
    if purse is wallet.deposit:
        wish = UnlockDeposit(by=owner, amount=amount, open_deals=0)

    def ask(desk: Desk, key: Key) -> Outcome:
        return desk.ask(WALLET, stream, wish, key)

    insist(world, ask, owner)
