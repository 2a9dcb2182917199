"""Signing and checking notices, and where they may not be sent."""

from collections.abc import Sequence

import pytest

from fairhold.adapters.webhook import (
    Resolver,
    Target,
    check_target,
    new_secret,
    sign,
    signed_headers,
    verify,
)
from fairhold.kernel.wish import Refusal

# The example that Standard Webhooks publishes for implementations to check themselves with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
STAMP = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = STAMP * 1_000


def headers(signature: str = SIGNATURE) -> dict[str, str]:
    return {"webhook-id": ID, "webhook-timestamp": str(STAMP), "webhook-signature": signature}


def test_the_published_example_is_signed_as_published() -> None:
    assert sign(SECRET, ID, STAMP, BODY) == SIGNATURE


def test_the_published_example_is_believed() -> None:
    assert verify((SECRET,), headers(), BODY, NOW) == ID


def test_either_of_two_secrets_is_believed_while_one_replaces_the_other() -> None:
    new = new_secret()
    both = signed_headers((new, SECRET), ID, STAMP, BODY)
    assert verify((SECRET,), both, BODY, NOW) == ID
    assert verify((new,), both, BODY, NOW) == ID
    assert verify((new_secret(),), both, BODY, NOW) == Refusal("notice.wrong_signature")
    assert verify((new_secret(), SECRET), headers(), BODY, NOW) == ID


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        ("", "notice.malformed"),
        (SIGNATURE.removeprefix("v1,"), "notice.wrong_signature"),
        (SIGNATURE.replace("v1", "v2"), "notice.wrong_signature"),
        ("v1,", "notice.wrong_signature"),
        ("v1,not base64!", "notice.wrong_signature"),
        ("v1,签名", "notice.wrong_signature"),
        (SIGNATURE[:-4] + "AAA=", "notice.wrong_signature"),
        (" ".join(["v1,AAAA"] * 16) + " " + SIGNATURE, "notice.malformed"),
    ],
)
def test_another_signature_is_not_believed(signature: str, code: str) -> None:
    assert verify((SECRET,), headers(signature), BODY, NOW) == Refusal(code)


def test_an_unsigned_notice_is_told_nothing_about_its_age() -> None:
    refusal = verify((SECRET,), headers("v1,AAAA"), BODY, NOW + 10**9)
    assert refusal == Refusal("notice.wrong_signature")


def test_age_is_tolerated_for_five_minutes_both_ways() -> None:
    for now in (NOW - 300_000, NOW + 300_000):
        assert verify((SECRET,), headers(), BODY, now) == ID
    for now in (NOW - 300_001, NOW + 300_001):
        assert verify((SECRET,), headers(), BODY, now) == Refusal("notice.old_timestamp")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", SECRET[6:], "whsec_####"])
def test_a_weak_or_broken_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        sign(secret, ID, STAMP, BODY)


def answering(*addresses: str) -> Resolver:
    return lambda _host, _port: addresses


def test_a_public_target_is_allowed_with_the_addresses_to_connect_to() -> None:
    target = check_target("https://shop.example/hooks", resolver=answering("93.184.216.34"))
    assert target == Target("https://shop.example/hooks", "shop.example", 443, ("93.184.216.34",))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::a00:1",
        "2001:0:53aa:64c:0:0:0:0",
    ],
)
def test_a_private_address_is_refused(address: str) -> None:
    refusal = check_target("https://shop.example/", resolver=answering(address))
    assert refusal == Refusal("target.private_address")


def test_one_private_address_among_public_ones_is_refused() -> None:
    resolver = answering("93.184.216.34", "10.0.0.1")
    refusal = check_target("https://shop.example/", resolver=resolver)
    assert refusal == Refusal("target.private_address")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "target.malformed"),
        ("ftp://shop.example/", "target.malformed"),
        ("https:///path", "target.malformed"),
        ("https://user:pw@shop.example/", "target.malformed"),
        ("https://shop.example:99999/", "target.malformed"),
        ("https://[broken/", "target.malformed"),
        ("http://shop.example/", "target.not_https"),
    ],
)
def test_a_strange_target_is_refused(url: str, code: str) -> None:
    assert check_target(url, resolver=answering("93.184.216.34")) == Refusal(code)


def test_an_unknown_host_is_refused() -> None:
    def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    refusal = check_target("https://shop.example/", resolver=nobody)
    assert refusal == Refusal("target.unknown_host")
    assert check_target("https://x/", resolver=answering()) == Refusal("target.unknown_host")


def test_loopback_is_for_development_only_and_does_not_open_the_rest() -> None:
    loopback = answering("127.0.0.1")
    url = "http://localhost:8001/hooks"
    assert isinstance(check_target(url, allow_loopback=True, resolver=loopback), Target)
    assert check_target(url, resolver=loopback) == Refusal("target.not_https")
    private = check_target("http://x/", allow_loopback=True, resolver=answering("10.0.0.1"))
    assert private == Refusal("target.private_address")
    public = check_target("http://x/", allow_loopback=True, resolver=answering("93.184.216.34"))
    assert public == Refusal("target.not_https")


def test_a_bare_private_address_needs_no_resolver() -> None:
    assert check_target("https://127.0.0.1/") == Refusal("target.private_address")
    assert check_target("https://[::1]/") == Refusal("target.private_address")
    assert check_target("https://2130706433/") == Refusal("target.private_address")
