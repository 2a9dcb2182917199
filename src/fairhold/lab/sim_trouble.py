"""What goes wrong around the people: the store, the provider, the issuer, the carrier, time.

Every trouble is one that the product has to live with. None of them changes what is promised.
"""

from concurrent.futures import Future

from fairhold.adapters.carrier.sandbox import Script
from fairhold.adapters.notices import NoticeFault
from fairhold.adapters.payment.sandbox.provider import Provider
from fairhold.adapters.payment.sandbox.words import ApiFault
from fairhold.domain.deal.order import Cancel, Confirm, Elapse, Extend
from fairhold.engine.batching import Outcome
from fairhold.engine.kinds import ACCOUNT, DEAL
from fairhold.engine.outside import Declined, OutsideUnavailable
from fairhold.kernel.actor import CLOCK, Actor
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND
from fairhold.kernel.wish import Command
from fairhold.lab.sim_people import SELLERS, state_of
from fairhold.lab.sim_store import FAULTS, Call
from fairhold.lab.sim_world import OUTAGES, World

SPANS = (
    SECOND,
    6 * SECOND,
    MINUTE,
    16 * MINUTE,
    HOUR,
    5 * HOUR,
    9 * HOUR,
    DAY,
    DAY,
    DAY,
    2 * DAY,
    3 * DAY,
)
NOTICE_FAULTS = tuple(fault for fault in NoticeFault if fault is not NoticeFault.TOGETHER)
FINAL_NO = ("capture", "payout", "cancel")
"""Calls to which the provider may say no for good: the business knows what to do then. A release
or a refund of money that is held is never refused, unless a chargeback took the money."""
ENDED = 0.2
"""How often somebody in a crowd cancels."""
SPOILED_CALLS_MAX = 12
"""So few that no call fails so often that its follower gives up: dead letters are not provoked."""


def provider(world: World) -> Provider:
    """The sandbox provider of the house."""
    found = world.house.provider
    assert found is not None, "the provider lives in the house"
    return found


# -- time ------------------------------------------------------------------------------------------


def wait(world: World) -> None:
    """Time passes, from one thing that is due to the next."""
    world.advance(world.chance.choice(SPANS))


def jump(world: World) -> None:
    """Time has passed while nobody looked: everything is late."""
    world.clock.advance(world.chance.choice(SPANS))


def half_a_turn(world: World) -> None:
    """Some followers run and others do not."""
    for step in world.house.steps:
        if world.maybe(0.5):
            world.step(step)


def rest(world: World) -> None:
    """Everything that can be done now is done."""
    world.settle()


def restart(world: World) -> None:
    """The process dies and another begins."""
    world.restart()


# -- outages ---------------------------------------------------------------------------------------


def break_store(world: World) -> None:
    """Some calls to the store will go wrong."""
    chance = world.chance
    for _ in range(chance.choice((1, 1, 2, 4))):
        call = chance.choice((Call.COMMIT, Call.COMMIT, Call.ADVANCE, *Call))
        world.store.arm(
            call, chance.choice(FAULTS[call]), chance.randrange(4), chance.choice((1, 1, 2))
        )


def spoil_calls(world: World) -> None:
    """Some calls to the provider will go wrong."""
    chance = world.chance
    fault, count = chance.choice(tuple(ApiFault)), chance.choice((1, 2, 3))
    if world.spoiled + count > SPOILED_CALLS_MAX:
        return
    world.spoiled += count
    op = ""
    if fault is ApiFault.DECLINED:
        op = chance.choice(FINAL_NO)
    elif world.maybe(0.5):
        op = chance.choice(("open", "capture", "cancel", "release", "refund", "payout"))
    provider(world).spoil_calls(fault, count, op)


def spoil_notices(world: World) -> None:
    """Some notices of the provider come late, twice, out of order, forged or not at all."""
    chance = world.chance
    provider(world).spoil_notices(chance.choice(NOTICE_FAULTS), chance.choice((1, 2, 4)))


def deliver_all(world: World) -> None:
    """The provider sends again whatever has not arrived."""
    provider(world).deliver_all()


def repeat_notice(world: World) -> None:
    """An old notice comes again."""
    notices = provider(world).notices(40)
    if notices:
        provider(world).repeat_notice(world.chance.choice(notices).id)


def issuer_down(world: World) -> None:
    """The issuer falls silent, or speaks again."""
    world.house.issuer.set_down(down=world.maybe(0.5))


def script_carrier(world: World) -> None:
    """What will become of the next parcel; sometimes nobody can even book one."""
    chance, carrier = world.chance, world.house.carrier
    carrier.script_next(chance.choice(tuple(Script)))
    if world.maybe(0.2):
        failure = chance.choice((OutsideUnavailable("silence"), Declined("address.unknown")))
        carrier.fail_next(failure, chance.choice((1, 2)))


def fail_payout(world: World) -> None:
    """A bank sends a payout back."""
    owner = world.pick(SELLERS)
    provider(world).fail_payout(public_id(ACCOUNT.prefix, owner.account))


def charge_back(world: World) -> None:
    """A buyer's bank takes all of a payment back, of which nothing was refunded."""
    candidates = [
        deal
        for deal in world.deals
        if (state := state_of(deal, world)) is not None
        and state.money.held
        and not state.money.refunded
        and deal not in world.charged_back
    ]
    if not candidates:
        return
    deal = world.chance.choice(candidates)
    state = state_of(deal, world)
    assert state is not None
    world.charged_back.add(deal)
    provider(world).charge_back(state.money.payment)


# -- crowds ----------------------------------------------------------------------------------------


def crowd(world: World) -> None:
    """Several wishes about one deal arrive while the lane is busy: they commit together.

    The first commit is held up until the others wait in line, so that what gathers is the same in
    every run.
    """
    deal = world.chance.choice(world.deals) if world.deals else 0
    state = state_of(deal, world) if deal else None
    if state is None:
        return
    buyer, seller = Actor(account=state.buyer), Actor(account=state.seller)
    wishes: list[Command] = [
        *((Cancel(by=buyer), Cancel(by=seller)) if world.maybe(ENDED) else ()),
        Confirm(by=buyer),
        Confirm(by=seller),
        Extend(by=buyer),
        Extend(by=buyer),
        Elapse(by=CLOCK),
        Elapse(by=CLOCK),
    ]
    world.chance.shuffle(wishes)
    engine = world.own_desk.engine
    with world.store.held_up() as busy:
        first = engine.submit(DEAL, deal, Elapse(by=CLOCK))
        first.add_done_callback(lambda _: busy.set())
        busy.wait()
        # An outage may have answered the first before it got there; then nobody waits in line.
        line = () if first.done() else wishes[:5]
        waiting = [engine.submit(DEAL, deal, wish) for wish in line]
    for future in (first, *waiting):
        _end(future)


def _end(future: "Future[Outcome]") -> None:
    try:
        future.result()
    except OUTAGES:
        return
