"""Conversations: kept as received, recalled with a trace, never cut in a deal."""

import pytest

from fairhold.domain import conversation
from fairhold.domain.conversation import (
    About,
    Block,
    Blocked,
    MarkRead,
    Post,
    Posted,
    Read,
    Recall,
    Recalled,
    Start,
    Started,
    Stopped,
)
from fairhold.kernel.actor import PLATFORM, Actor
from tests.domain.spec import BUYER, NOW, SELLER, STRANGER, given

ABOUT_LISTING = Started(at=NOW, about=About.LISTING, subject=10, people=(1, 2))
ABOUT_DEAL = Started(at=NOW, about=About.DEAL, subject=7, people=(1, 2))


def post(by: Actor = BUYER, *, blocked: bool = False) -> Post:
    return Post(at=NOW, by=by, body=3, digest="d", signals=("link",), blocked=blocked)


def posted(number: int, author: int = 1) -> Posted:
    return Posted(at=NOW, number=number, author=author, body=3, digest="d", signals=("link",))


def start(people: tuple[int, int] = (1, 2)) -> Start:
    return Start(at=NOW, by=PLATFORM, about=About.DEAL, subject=7, people=people)


def test_a_channel_is_started_once() -> None:
    given(conversation).when(start()).then(ABOUT_DEAL)
    given(conversation, ABOUT_DEAL).when(start()).nothing()
    given(conversation, ABOUT_DEAL).when(start((1, 9))).refused("conversation.exists")


def test_nothing_is_said_where_there_is_no_channel() -> None:
    given(conversation).when(post()).refused("conversation.unknown")


def test_a_stranger_says_and_sees_nothing() -> None:
    for wish in (post(STRANGER), MarkRead(at=NOW, by=STRANGER, number=1)):
        given(conversation, ABOUT_DEAL).when(wish).refused("conversation.not_yours")


def test_messages_are_numbered_and_keep_what_the_guard_saw() -> None:
    given(conversation, ABOUT_DEAL, posted(1)).when(post(SELLER)).then(posted(2, 2))


def test_the_platform_may_speak_but_neither_reads_nor_blocks() -> None:
    given(conversation, ABOUT_DEAL).when(post(PLATFORM)).then(posted(1, 0))
    for wish in (MarkRead(at=NOW, by=PLATFORM, number=1), Block(at=NOW, by=PLATFORM)):
        given(conversation, ABOUT_LISTING).when(wish).refused("conversation.not_yours")


def test_a_stopped_message_leaves_no_words() -> None:
    """The author is told "conversation.secret_stopped" by whoever asked for the decision."""
    given(conversation, ABOUT_DEAL).when(post(blocked=True)).then(
        Stopped(at=NOW, author=1, signals=("link",))
    )
    assert "conversation.secret_stopped" in conversation.REFUSALS
    assert (
        given(conversation, ABOUT_DEAL, Stopped(at=NOW, author=1, signals=())).state.messages == 0
    )


def test_ones_own_message_is_recalled_once_and_stays_counted() -> None:
    said = given(conversation, ABOUT_DEAL, posted(1))
    recall = Recall(at=NOW, by=BUYER, number=1)
    said.when(recall).then(Recalled(at=NOW, number=1))
    after = given(conversation, ABOUT_DEAL, posted(1), Recalled(at=NOW, number=1))
    after.when(recall).refused("conversation.not_your_message")
    assert after.state.messages == 1


def test_nobody_recalls_the_message_of_another() -> None:
    wish = Recall(at=NOW, by=SELLER, number=1)
    given(conversation, ABOUT_DEAL, posted(1)).when(wish).refused("conversation.not_your_message")


def test_only_the_last_messages_can_be_recalled() -> None:
    many = [posted(number + 1) for number in range(conversation.RECALLABLE + 1)]
    said = given(conversation, ABOUT_DEAL, *many)
    said.when(Recall(at=NOW, by=BUYER, number=1)).refused("conversation.not_your_message")
    said.when(Recall(at=NOW, by=BUYER, number=2)).then(Recalled(at=NOW, number=2))


def test_reading_goes_forward_and_no_further_than_what_was_said() -> None:
    said = given(conversation, ABOUT_DEAL, posted(1), posted(2))
    said.when(MarkRead(at=NOW, by=SELLER, number=99)).then(Read(at=NOW, reader=2, number=2))
    seen = given(conversation, ABOUT_DEAL, posted(1), posted(2), Read(at=NOW, reader=2, number=2))
    seen.when(MarkRead(at=NOW, by=SELLER, number=1)).nothing()
    assert seen.state.read == (0, 2)
    first = given(conversation, ABOUT_DEAL, posted(1), Read(at=NOW, reader=1, number=1))
    assert first.state.read == (1, 0)


@pytest.mark.parametrize("who", [BUYER, SELLER])
def test_blocking_ends_the_talk_about_a_listing(who: Actor) -> None:
    given(conversation, ABOUT_LISTING).when(Block(at=NOW, by=who)).then(
        Blocked(at=NOW, by=who.account)
    )
    blocked = given(conversation, ABOUT_LISTING, Blocked(at=NOW, by=who.account))
    blocked.when(Block(at=NOW, by=who)).nothing()
    for author in (BUYER, SELLER):
        blocked.when(post(author)).refused("conversation.blocked")


def test_blocking_never_closes_the_channel_of_a_deal() -> None:
    given(conversation, ABOUT_DEAL).when(Block(at=NOW, by=SELLER)).refused(
        "conversation.deal_channel_stays_open"
    )


def test_a_conversation_waits_for_nothing() -> None:
    assert conversation.wake(given(conversation, ABOUT_DEAL).state) is None
