"""Every stable code has words, in every language, and no text is left untranslated."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import fairhold.domain
from fairhold.codec.names import EVENTS as STORED
from fairhold.domain.conversation import Posted
from fairhold.domain.deal import deal, state
from fairhold.domain.deal.actions import SAFE_FIRST
from fairhold.domain.deal.case import CLAIMS
from fairhold.domain.deal.clocks import CLOCKS
from fairhold.domain.deal.returns import REASONS as RETURN_REASONS
from fairhold.domain.delivery import Delivery
from fairhold.engine.desk import asked, moves
from fairhold.guard import text as guard
from fairhold.kernel.actor import Role
from fairhold.web.wording import deals, events, market
from fairhold.web.wording.refusals import REFUSALS, UNKNOWN
from fairhold.web.words import LANGUAGES, LOCALE_FOLDER, refusal_words, say, translations

METHODS = [("fairhold/**.py", "python"), ("fairhold/web/**.html", "jinja2")]
OTHERS = [language for language in LANGUAGES if language != "en"]
PART_OF_PHASE = {
    "order": state.Order,
    "money": state.MoneyPart,
    "secret": state.Secret,
    "parcel": state.Parcel,
    "meeting": state.Meeting,
    "back": state.Return,
    "case": state.Case,
}


@pytest.fixture(scope="session")
def texts(checkout: Path) -> set[str | tuple[str, ...]]:
    """Every marked text in the source."""
    found = extract_from_dir(
        str(checkout / "src"),
        method_map=METHODS,
        options_map={"fairhold/web/**.html": {"silent": "false"}},
    )
    return {message for _, _, message, _, _ in found if message}


def catalogue(language: str) -> Catalog:
    with (LOCALE_FOLDER / language / "LC_MESSAGES" / "fairhold.po").open("rb") as file:
        return read_po(file, locale=language)


def domain_refusals() -> Iterator[str]:
    for info in pkgutil.walk_packages(fairhold.domain.__path__, "fairhold.domain."):
        yield from getattr(importlib.import_module(info.name), "REFUSALS", ())
    yield from asked.REFUSALS


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_lacks_its_translation(language: str, texts: set[str | tuple[str, ...]]) -> None:
    known = catalogue(language)
    missing = []
    for text in texts:
        message = known.get(text)
        said = message.string if message is not None else ""
        if message is None or message.fuzzy or not said or not all(said):
            missing.append(text)
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_nothing_that_no_page_says(
    language: str, texts: set[str | tuple[str, ...]]
) -> None:
    assert [m.id for m in catalogue(language) if m.id and m.id not in texts] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_speaks_of_the_same_values(language: str) -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"%\((\w+)\)", text))

    for message in catalogue(language):
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[-1]
            said = message.string if isinstance(message.string, str) else (message.string or "?")[0]
            assert holes(said) == holes(english), english


def test_every_refusal_has_words() -> None:
    assert sorted(set(domain_refusals()) - set(REFUSALS)) == []


def test_every_move_and_every_event_of_a_deal_has_words() -> None:
    names = {row.name for row in deal.MOVES if {Role.BUYER, Role.SELLER, Role.OPERATOR} & row.who}
    assert names | set(SAFE_FIRST) | set(moves.MOVES) <= set(deals.MOVES)
    ours = {name for name, (_, event) in STORED.items() if issubclass(event, state.DealEvent)}
    assert ours == set(events.EVENTS)


def test_every_clock_says_whose_turn_it_is_and_what_silence_does() -> None:
    assert {row.name for row in CLOCKS} == set(deals.TURNS)
    assert {row.outcome for row in CLOCKS} == set(deals.OUTCOMES)


def test_every_phase_of_every_part_has_words() -> None:
    phases = {
        f"{part}.{phase.value}"
        for part, values in PART_OF_PHASE.items()
        for phase in values.__annotations__["phase"]
    }
    assert phases == set(deals.PHASES)


def test_every_closed_list_has_words() -> None:
    assert {*CLAIMS, "swapped_on_return"} == set(deals.CLAIMS)
    assert set(RETURN_REASONS) == set(deals.RETURN_REASONS)
    assert {way.value for way in Delivery} == set(deals.DELIVERIES) == set(market.PROTECTS)
    assert {role.value for role in Role} == set(deals.ROLES)
    assert set(asked.CATEGORIES) == set(deals.CATEGORIES)
    signals = {guard.SECRET_IN_CHAT, guard.CONFIRM_EARLY, guard.SECRET_EARLY, guard.PAID_CLAIM}
    assert signals == set(market.SIGNALS)
    assert "signals" in Posted.__struct_fields__


def test_every_reason_in_the_domain_has_words(checkout: Path) -> None:
    source = "".join(
        path.read_text("utf-8") for path in (checkout / "src/fairhold/domain/deal").glob("*.py")
    )
    found = set(
        re.findall(
            r'(?:_void|_refund|_release)\("(\w+)"\)'
            r'|(?:refund|release|grant|award|call_off)\(deal, (?:command\.)?at, "(\w+)"\)'
            r'|reason="(\w+)"',
            source,
        )
    )
    reasons = {name for names in found for name in names if name}
    assert len(reasons) > 15
    assert reasons <= set(deals.REASONS)
    assert {"cancelled_by_buyer", "cancelled_by_seller"} <= set(deals.REASONS)


def test_the_unpaid_order_says_so_to_the_seller_in_both_languages() -> None:
    text = market.MONEY["unpaid"][1]
    assert say("en", text) == "NOT PAID – SEND NOTHING."
    assert say("zh", text) == "未付款，请勿发货。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_and_instants_in_a_refusal_are_shown_as_people_read_them(language: str) -> None:
    values = {"most": 48_000, "currency": "CNY"}
    title, _ = refusal_words("case.amount_out_of_range", values, language)
    assert "¥480.00" in title
    title, _ = refusal_words("secret.already_opened", {"opened_at": 1_763_700_000_000}, language)
    assert "12:40" in title


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_from_a_newer_program_still_gets_an_answer(language: str) -> None:
    title, advice = refusal_words("moon.too_far", {}, language)
    assert title == translations(language).gettext(UNKNOWN[0])
    assert advice


def test_a_refusal_without_its_values_does_not_take_the_page_down() -> None:
    title, _ = refusal_words("secret.already_opened", {}, "en")
    assert title == UNKNOWN[0]
