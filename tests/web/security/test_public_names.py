"""Nobody speaks for the platform by their name, however it is spelt."""

import pytest

from fairhold.web.security.registration import Registration, faults_of, tidy_handle
from tests.web.conftest import PASSWORD, Client, post_form, sign_up


def code_of(handle: str) -> str:
    asked = Registration(email="a@example.com", handle=handle, password=PASSWORD).tidy()
    faults = faults_of(asked)
    return faults[0][1].code if faults else ""


@pytest.mark.parametrize(
    "handle",
    [
        "Fairhold-Support",
        "the.Fairhold",
        "FairHold2",
        "ａｄｍｉｎ",
        "ádmin",
        "adm1n_wang",
        "supp0rt",
        "0fficial",
        "officiaI",
        "官方客服",
        "淘卡客服",
        "平台小二",
        "root",
        "H.E.L.P",
    ],
)
def test_a_name_that_speaks_for_the_platform_is_refused(handle: str) -> None:
    assert code_of(handle) == "account.handle_reserved"


@pytest.mark.parametrize(
    "handle", ["аdmin", "ann\u200e", "ann\u200b", "wαng", "ㅤㅤ", "ann\u202eb", "Маrіа"]
)
def test_a_name_in_scripts_that_look_alike_or_with_what_nobody_sees_is_refused(
    handle: str,
) -> None:
    assert code_of(handle) == "account.handle_invalid"


@pytest.mark.parametrize("handle", ["Мария", "Ελένη", "安娜Anna", "helper", "Grassroots", "유나"])
def test_ordinary_names_of_the_world_are_fine(handle: str) -> None:
    assert code_of(handle) == ""


def test_a_name_is_kept_in_the_form_in_which_it_is_compared(client: Client) -> None:
    sign_up(client, "ann")
    assert post_form(client, "/me/profile", handle="ａｎｎａ", language="en").status_code == 303
    page = client.get("/me").text
    assert tidy_handle("ａｎｎａ") == "anna"
    assert 'value="anna"' in page
    refused = post_form(client, "/me/profile", handle="ａｄｍｉｎ", language="en")
    assert refused.status_code == 422
