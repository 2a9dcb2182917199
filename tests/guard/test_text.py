"""Labelled words, in Chinese and English: what is seen, and what must not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.guard.text import (
    CONFIRM_EARLY,
    PAID_CLAIM,
    SECRET_EARLY,
    SECRET_IN_CHAT,
    Setting,
    fold,
    review,
)

BUYER_UNPAID = Setting(paid=False, delivered=False, speaker_sells=False)
BUYER_PAID = Setting(paid=True, delivered=False, speaker_sells=False)
SELLER_UNPAID = Setting(paid=False, delivered=False, speaker_sells=True)
SELLER_PAID = Setting(paid=True, delivered=False, speaker_sells=True)
SELLER_DELIVERED = Setting(paid=True, delivered=True, speaker_sells=True)
EVERYWHERE = (BUYER_UNPAID, BUYER_PAID, SELLER_UNPAID, SELLER_PAID, SELLER_DELIVERED)

SECRETS = (
    "卡号 6221 8899 1234 密码 998877",
    "卡密：ABCD-1234-EFGH-5678",
    "兑换码 XK39-22PL-0087",
    "激活码ＡＢ１２３４５６７８",
    "提货码 88776655",
    "充值码：1234 5678 9012 3456",
    "卡 号 6 2 2 1 8 8 9 9 密 码 9 9 8 8",
    "密\u200b码\u200b 9988\u200b77",
    "密码4411",
    "密码是 4411",
    "卡号6221-8899-1234",
    "快递单号 SF123 卡号 6221889912345678 密码 998877",
    "型号 卡密 ABCD12345678",
    "6222020200112233 998877",
    "code is 4F5G-99K2-1M3N",
    "password 99812734",
    "the pin: 4411",
    "your cvv is 1234",
    "card no 6222020200112233 pin 8877",
    "gift code: AMZN 1234 5678",
    "CARD NUMBER 6222 0202 0011 2233",
    "redeem 7H3K-1234-ZZ99",
    "tracking number is 1Z999AA10123456784, password 99812734",
    "here is your activation: 88-77-66-55",
)

NO_SECRETS = (
    "",
    "在吗？",
    "请问密码是什么",
    "卡号发我一下",
    "明天下午3点到",
    "2026-11-21 18:00 见",
    "买于2023年，保修到2026年11月21日",
    "快递单号 SF1234567890123",
    "运单号：YT8812345678901",
    "订单号 20261121001234567",
    "型号 SM-G9980",
    "ISBN 978-7-5440-1234-5",
    "价格 1200 元，邮费 15",
    "邮编 100083",
    "尾号 1234",
    "电话 13812345678",
    "序列号 C02XG0FDJHD2",
    "面值 1000 元的卡，密码没刮",
    "1000元的卡 2000元的卡",
    "is it password protected?",
    "what is the code?",
    "I will send the code after you pay",
    "my phone model is A2650",
    "tracking number 1Z999AA10123456784",
    "order number 123456789, what is the code?",
    "the zip code is 10115",
    "sku 12345678",
    "last four digits 1234",
    "serial number C02XG0FDJHD2",
    "the password has 8 letters",
    "see you at 18:30 on 2026-11-21",
)


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_in_chat_is_stopped_whoever_says_it_and_whenever(text: str) -> None:
    for setting in EVERYWHERE:
        verdict = review(text, setting)
        assert verdict.stops
        assert SECRET_IN_CHAT in verdict.labels


@pytest.mark.parametrize("text", NO_SECRETS)
def test_ordinary_numbers_are_no_secrets(text: str) -> None:
    for setting in EVERYWHERE:
        verdict = review(text, setting)
        assert not verdict.stops
        assert SECRET_IN_CHAT not in verdict.labels


LURES = (
    "请先确认收货，我再发卡密",
    "你先点一下确认",
    "麻烦提前收货，我急用钱",
    "先收货再发货",
    "确认收货后我马上发",
    "先 确 认 收 货 哦",
    "請先确认收货",
    "please confirm receipt first, then I send the code",
    "Confirm the order and I ship today",
    "just mark it as received",
    "can you release the money now? I will ship tomorrow",
    "after you confirm the receipt I send the code",
)

FAIR_REMINDERS = (
    "收到货验完再确认收货就好",
    "拿到后请确认收货，谢谢",
    "打开试过满意再确认订单",
    "please confirm receipt after you have received it",
    "once it arrives, confirm the delivery please",
    "when you open it and all is well, confirm the order",
    "我已经发货了",
    "did you receive it?",
    "I confirm that it is original",
)


@pytest.mark.parametrize("text", LURES)
def test_a_seller_who_asks_for_confirmation_before_delivery_is_seen(text: str) -> None:
    for setting in (SELLER_UNPAID, SELLER_PAID):
        assert CONFIRM_EARLY in review(text, setting).labels


@pytest.mark.parametrize("text", LURES)
def test_the_same_words_after_delivery_or_from_the_buyer_are_normal(text: str) -> None:
    for setting in (SELLER_DELIVERED, BUYER_UNPAID, BUYER_PAID):
        assert CONFIRM_EARLY not in review(text, setting).labels


@pytest.mark.parametrize("text", FAIR_REMINDERS)
def test_a_reminder_to_confirm_once_it_is_there_is_fair(text: str) -> None:
    assert review(text, SELLER_PAID).labels == ()


ASKS = (
    "先发我卡密吧",
    "卡密先发我",
    "把密码发我看看，没问题就买",
    "报一下卡号",
    "给我兑换码我先试试",
    "send me the code first",
    "can you send the card before? I am in a hurry",
    "Send the PIN please",
)

FAIR_QUESTIONS = (
    "付款后多久发卡密？",
    "付了款再发我卡密对吧",
    "拍下后自动发卡密吗",
    "will you send the code after I pay?",
    "once I have paid, do you send me the code?",
    "卡密是什么格式的？",
    "is the code still valid?",
)


@pytest.mark.parametrize("text", ASKS)
def test_a_buyer_who_wants_the_secret_before_paying_is_seen(text: str) -> None:
    assert SECRET_EARLY in review(text, BUYER_UNPAID).labels
    assert SECRET_EARLY not in review(text, BUYER_PAID).labels
    assert SECRET_EARLY not in review(text, SELLER_UNPAID).labels


@pytest.mark.parametrize("text", FAIR_QUESTIONS)
def test_a_question_about_the_time_after_paying_is_fair(text: str) -> None:
    assert review(text, BUYER_UNPAID).labels == ()


CLAIMS = (
    "我已付款，快发货",
    "已经付钱了",
    "付款成功了，什么时候发",
    "付款了",
    "钱已经转过去了",
    "I have already paid",
    "I've paid, check it",
    "payment is successful, send it now",
    "Payment made",
)

NO_CLAIMS = (
    "还没付款，等一下",
    "等我付款了再说",
    "如果付款了多久发货",
    "我准备付款了",
    "I have not paid yet",
    "when I paid last time it took a day",
    "怎么付款？",
    "how can I pay?",
)


@pytest.mark.parametrize("text", CLAIMS)
def test_a_buyer_who_says_paid_while_unpaid_is_seen_and_when_paid_it_is_true(text: str) -> None:
    assert PAID_CLAIM in review(text, BUYER_UNPAID).labels
    assert review(text, BUYER_PAID).labels == ()
    assert PAID_CLAIM not in review(text, SELLER_UNPAID).labels


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_talk_about_paying_is_no_claim(text: str) -> None:
    assert review(text, BUYER_UNPAID).labels == ()


def test_one_message_may_have_several_labels() -> None:
    verdict = review("已付款，先发我卡密，我的卡号 6221 8899 1234", BUYER_UNPAID)
    assert verdict.labels == (SECRET_IN_CHAT, SECRET_EARLY, PAID_CLAIM)
    assert verdict.stops


def test_labels_but_secrets_let_a_message_through() -> None:
    assert not review("请先确认收货", SELLER_PAID).stops


@given(st.text(max_size=300))
def test_any_words_can_be_looked_at_and_folding_is_settled(text: str) -> None:
    for setting in EVERYWHERE:
        assert review(text, setting) == review(fold(text), setting)


@pytest.mark.parametrize(
    "piece", ["卡号 ", "1234 ", "a-", "tracking ", "收到", "确认 ", "付", "9 "]
)
def test_hostile_repetition_is_looked_at_in_passing(piece: str) -> None:
    """A pattern that ran away would keep this test from ending."""
    for setting in EVERYWHERE:
        review((piece * 4_000)[:20_000], setting)
