"""What must be so once everything is at rest: nothing late, books equal, record provable."""

from collections import Counter

from fairhold.adapters.payment.sandbox import books as theirs
from fairhold.adapters.payment.sandbox.provider import Hang, Provider
from fairhold.adapters.payment.sandbox.words import Problem
from fairhold.codec.events import decode
from fairhold.domain.books import Account
from fairhold.domain.deal import money
from fairhold.domain.deal.phases import MeetingPhase, OrderPhase, ParcelPhase, SecretPhase
from fairhold.domain.deal.state import Deal
from fairhold.domain.wallet import Recovered, Wallet
from fairhold.engine import views
from fairhold.engine.effects import Payments
from fairhold.engine.fsck import fsck
from fairhold.engine.fsck.meaning import facts, refold
from fairhold.engine.kinds import ACCOUNT
from fairhold.engine.ports import RetryRow
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import HOUR, SECOND
from fairhold.lab.sim_audit import Broken
from fairhold.lab.sim_world import World

ROUNDS_MAX = 24
CALM = 2 * HOUR
BANKS = 10 * SECOND
"""How long payouts are under way."""


def come_to_rest(world: World) -> None:
    """No more trouble: everything is delivered and retried until nothing is left to do."""
    world.store.disarm()
    world.house.issuer.set_down(down=False)
    provider = world.house.provider
    assert provider is not None, "the provider lives in the house"
    _spend_faults(provider)
    world.settle()
    for _ in range(ROUNDS_MAX):
        provider.deliver_all()
        world.advance(BANKS)
        world.audit.look()
        on_its_way = any(name.startswith(theirs.transit("")) for name, _, _ in provider.balances())
        left = on_its_way or provider.deliver_all() or _living(world) or world.turn()
        if not left:
            return
        world.advance(CALM)
    raise Broken(0, "never_done", f"still waiting: {_living(world)}")


def _spend_faults(provider: Provider) -> None:
    """Look at the provider until it answers: faults armed for any call are spent."""
    while True:
        try:
            provider.balances()
        except (Problem, Hang):
            continue
        return


def _living(world: World) -> list[RetryRow]:
    """What a follower still has to do; what waits behind a dead letter waits for a person."""
    rows = world.store.open_retries()
    stuck = {(row.consumer, row.stream) for row in rows if row.dead}
    return [row for row in rows if not row.dead and (row.consumer, row.stream) not in stuck]


def check_at_rest(world: World) -> None:
    """Everything that holds when nothing is on its way."""
    world.audit.look()
    world.audit.check_nothing_overdue(world.clock.now())
    _check_dead_letters(world)
    _check_fingerprints(world)
    _check_stock(world)
    provider = world.house.provider
    assert provider is not None
    provider.check()
    _reconcile(world)


def _check_dead_letters(world: World) -> None:
    """Nobody gave up, except on money that a chargeback had taken away."""
    for row in world.store.dead_letters(None, 100):
        provoked = row.consumer == Payments.name and row.stream in world.charged_back
        if not provoked:
            raise Broken(row.stream, "dead_letter", f"{row.consumer}: {row.error}")


def _check_fingerprints(world: World) -> None:
    """A sealed or opened secret is held for its deal alone."""
    for stream, deal in world.audit.deals():
        if deal.secret.phase not in {SecretPhase.SEALED, SecretPhase.OPENED}:
            continue
        if deal.ended and deal.secret.phase is SecretPhase.SEALED and not deal.money.released:
            continue  # void: another deal may have it
        if not world.audit.holds_its_secret(stream, deal):
            raise Broken(stream, "secret_unguarded", deal.secret.phase.value)


def _check_stock(world: World) -> None:
    """A unit belongs to each deal that paid or is paying, and to one that ended once it left."""
    claims = Counter(
        deal
        for number in world.listings
        for deal in getattr(world.audit.streams[number].state, "claimed", ())
    )
    for stream, deal in world.audit.deals():
        void = deal.order.phase is OrderPhase.VOID and not _has_left(deal)
        wanted = 1 if deal.money.stock_confirmed and not void else 0
        if claims[stream] != wanted:
            raise Broken(stream, "stock", f"{claims[stream]} units for {deal.order.phase.value}")


def _has_left(deal: Deal) -> bool:
    """Whether what was sold has left its seller."""
    return (
        deal.secret.phase in {SecretPhase.OPENED, SecretPhase.USED}
        or deal.parcel.phase not in {ParcelPhase.NONE, ParcelPhase.AWAITED}
        or deal.meeting.phase is MeetingPhase.MET
    )


# -- the books against the provider's --------------------------------------------------------------


def _reconcile(world: World) -> None:
    """Our clearing account is what the provider holds; each purse and each hold is the same.

    What a follower gave up on after a chargeback was decided here and not done there: it counts as
    if it had been done.
    """
    provider = world.house.provider
    assert provider is not None
    there: Counter[tuple[str, str]] = Counter()
    for account, currency, minor in provider.balances():
        there[account, currency] = minor
    refunds, releases = _given_up(world)
    ours: Counter[str] = Counter()
    for (account, _, currency), minor in world.audit.books.items():
        if account == Account.CLEARING.value:
            ours[currency] += minor
    for currency in {currency for _, currency in there} | set(ours):
        outside = {theirs.CARDS, theirs.BANKS}
        total = sum(
            m for (name, cur), m in there.items() if cur == currency and name not in outside
        )
        if ours[currency] != total - refunds[currency]:
            detail = (
                f"{currency}: ours {ours[currency]}, theirs {total}, given up {refunds[currency]}"
            )
            raise Broken(0, "reconciliation", detail)
    _check_purses(world, there, releases)
    for stream, deal in world.audit.deals():
        held = there[theirs.held(deal.money.payment), deal.price.currency]
        if stream not in world.charged_back and held != deal.money.remaining:
            raise Broken(stream, "hold_differs", f"ours {deal.money.remaining}, theirs {held}")


def _check_purses(
    world: World, there: Counter[tuple[str, str]], releases: Counter[tuple[int, str]]
) -> None:
    for stream, followed in world.audit.streams.items():
        wallet = followed.state
        if not isinstance(wallet, Wallet):
            continue
        if wallet.pending:
            raise Broken(stream, "payout_forgotten", f"{wallet.pending}")
        name = theirs.available(public_id(ACCOUNT.prefix, wallet.owner))
        for currency in wallet.available.keys() | wallet.deposit.keys():
            mine = wallet.available.get(currency, 0) + wallet.deposit.get(currency, 0)
            # What pays a debt is ours at once; the provider still keeps it under the owner's name.
            mine += _recovered(world, stream, currency)
            if mine != there[name, currency] + releases[wallet.owner, currency]:
                detail = f"{currency}: ours {mine}, theirs {there[name, currency]}"
                raise Broken(stream, "purse_differs", detail)


def _given_up(world: World) -> tuple[Counter[str], Counter[tuple[int, str]]]:
    """Refunds by currency and releases by seller and currency that were never carried out."""
    refunds: Counter[str] = Counter()
    releases: Counter[tuple[int, str]] = Counter()
    for row in world.store.open_retries():
        entry = world.store.event(row.part, row.seq)
        assert entry is not None, "what is retried is on record"
        event = decode(entry.data)
        if isinstance(event, money.Refunded):
            refunds[event.amount.currency] += event.amount.minor
        elif isinstance(event, money.Released):
            net = event.amount - event.fee
            releases[event.seller, net.currency] += net.minor
    return refunds, releases


# -- the record and what is made from it -----------------------------------------------------------


def check_record(world: World) -> None:
    """The tree is provable, and the read models are what a fresh start would make of the log."""
    world.house.integrator.integrate()
    house = world.house
    found = list(fsck(world.store, house.settings.origin, [house.signer.verifier], facts, refold))
    if found:
        raise Broken(found[0].stream or 0, "fsck", f"{found[0].code} {found[0].detail}")
    before = world.store.documents()
    views.rebuild(world.store)
    world.settle()
    if before != world.store.documents():
        raise Broken(0, "views_differ")


def _recovered(world: World, stream: int, currency: str) -> int:
    """How much of a wallet went to pay what its owner owed."""
    facts = (event for _, event in world.house.engine.history(stream))
    return sum(
        (fact.from_available + fact.from_deposit).minor
        for fact in facts
        if isinstance(fact, Recovered) and fact.from_available.currency == currency
    )
