"""A meeting in person: the code that the buyer gives only with the goods in hand."""

import pytest

from fairhold.domain.deal import meeting, order
from fairhold.domain.deal.phases import MeetingPhase
from fairhold.kernel.instant import HOUR
from tests.domain.spec import BUYER, NOW, RULES, SELLER, Deed, meeting_deal, parcel_deal


def mistaken(deed: Deed) -> Deed:
    return deed.does(meeting.PresentCode, SELLER, code=deed.deal.meeting.code, matches=False)


def test_an_unpaid_order_has_no_code() -> None:
    meeting_deal().tries(meeting.PresentCode, SELLER, code=1, matches=True).refused(
        "meeting.not_paid"
    )
    meeting_deal().tries(meeting.RenewCode, BUYER).refused("meeting.not_paid")


def test_a_deal_about_a_parcel_speaks_of_no_meeting() -> None:
    parcel_deal().tries(meeting.RenewCode, BUYER).refused("deal.not_now")


def test_the_right_code_is_delivery_on_record() -> None:
    paid = meeting_deal().pays()
    paid.tries(meeting.PresentCode, SELLER, code=1, matches=True).then(
        meeting.Met(at=NOW), order.Fulfilled(at=NOW, basis="met")
    )
    assert (paid.meets().clock, paid.due) == ("inspect_met", NOW + RULES.inspect_met_ms)


def test_the_buyer_cannot_present_their_own_code() -> None:
    meeting_deal().pays().tries(meeting.PresentCode, BUYER, code=1, matches=True).refused(
        "deal.not_for_your_role"
    )


def test_a_mistaken_code_is_counted_and_changes_nothing_else() -> None:
    once = mistaken(meeting_deal().pays())
    assert (once.phases, once.deal.meeting.mistakes) == (("paid", "held"), 1)


def test_after_too_many_mistakes_even_the_right_code_is_refused() -> None:
    deed = meeting_deal().pays()
    for _ in range(RULES.code_tries):
        assert "present_code" in deed.may(SELLER)
        mistaken(deed)
    deed.tries(meeting.PresentCode, SELLER, code=1, matches=True).refused(
        "meeting.too_many_mistakes", tries=RULES.code_tries
    )
    assert "present_code" not in deed.may(SELLER)


def test_too_many_mistakes_are_named_before_an_old_code() -> None:
    deed = meeting_deal().pays()
    for _ in range(RULES.code_tries):
        mistaken(deed)
    deed.tries(meeting.PresentCode, SELLER, code=0, matches=True).refused(
        "meeting.too_many_mistakes"
    )


def test_a_new_code_makes_the_old_one_worthless() -> None:
    renewed = meeting_deal().pays().does(meeting.RenewCode, BUYER)
    assert renewed.deal.meeting.code == 2
    renewed.tries(meeting.PresentCode, SELLER, code=1, matches=True).refused("meeting.code_is_old")
    assert renewed.meets().deal.meeting.phase is MeetingPhase.MET


def test_a_new_code_forgives_the_mistakes() -> None:
    deed = meeting_deal().pays()
    for _ in range(RULES.code_tries):
        mistaken(deed)
    assert deed.does(meeting.RenewCode, BUYER).meets().phases == ("fulfilled", "held")


@pytest.mark.parametrize("renewals", [0, 3])
def test_a_meeting_that_never_happens_is_refunded(renewals: int) -> None:
    deed = meeting_deal().pays()
    for _ in range(renewals):
        deed.after(HOUR).does(meeting.RenewCode, BUYER)
    assert deed.due == NOW + RULES.meet_ms
    assert deed.silence().deal.order.reason == "not_met_in_time"
    assert deed.phases == ("void", "refunded")


def test_after_the_meeting_there_is_no_code_any_more() -> None:
    met = meeting_deal().pays().meets()
    met.tries(meeting.RenewCode, BUYER).refused("deal.not_now")
