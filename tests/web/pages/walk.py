"""Two people who use the pages like people: read a page, press one of its buttons."""

import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from httpx import Response
from PIL import Image

from fairhold.engine.desk.desk import deal_name
from fairhold.house import House
from fairhold.kernel.ids import read_public_id
from tests.web.conftest import BASE_URL, Client, sign_up

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def forms_on(page: Response) -> dict[str, dict[str, str]]:
    """Every form of a page by its action, with its hidden fields."""
    found: dict[str, dict[str, str]] = {}
    for head, body in FORM.findall(page.text):
        action = re.search(r'action="([^"]*)"', head)
        if action is not None:
            fields = {name: unescape(value) for name, value in HIDDEN.findall(body)}
            found[unescape(action.group(1))] = fields
    return found


def text_of(page: Response) -> str:
    """What a person reads: no tags, single spaces."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class Person:
    """One browser with somebody in it."""

    def __init__(self, client: Client, house: House, handle: str) -> None:
        self.client = client
        self.house = house
        self.account = sign_up(client, handle)

    def see(self, path: str, language: str = "en") -> Response:
        """Look at a page."""
        answer: Response = self.client.get(path, headers={"accept-language": language})
        assert answer.status_code < 500, answer.text
        return answer

    def send(
        self,
        page: str,
        action: str,
        fields: Mapping[str, str] | None = None,
        files: Any = None,  # noqa: ANN401 — whatever the client takes
    ) -> Response:
        """Fill in a form of a page and send it; the followers then do their part."""
        hidden = forms_on(self.see(page))
        assert action in hidden, f"{page} offers {sorted(hidden)}"
        answer: Response = self.client.post(
            action,
            data={**hidden[action], **(fields or {})},
            files=files,
            headers={"origin": BASE_URL, "accept-language": "en"},
        )
        assert answer.status_code < 500, answer.text
        self.house.settle()
        return answer

    def move(self, deal: str, name: str, **fields: str) -> Response:
        """Press a button of a deal's page."""
        return self.send(deal, f"{deal}/moves/{name}", fields)


def offer(seller: Person, delivery: str = "secret", price: str = "480", **more: str) -> str:
    """Put something on the market; its path."""
    fields = {
        "title": "Game card 500",
        "description": "Never used.",
        "price": price,
        "currency": "CNY",
        "delivery": delivery,
        "category": "cards",
        "condition": "new",
        "stock": "1",
        **more,
    }
    answer = seller.send("/sell", "/sell", fields)
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"])


def take(buyer: Person, listing: str) -> str:
    """Take it; the path of the deal."""
    answer = buyer.send(listing, f"{listing}/take")
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"]).removesuffix("/checkout")


def pay(buyer: Person, deal: str) -> None:
    """Go to the provider's page and pay."""
    answer = buyer.send(f"{deal}/checkout", f"{deal}/checkout")
    assert answer.status_code == 303, text_of(answer)
    paid = buyer.client.post(answer.headers["location"], data={"choice": "pay"})
    assert paid.status_code < 400, paid.text
    buyer.house.settle()


def number_of(deal: str) -> int:
    """The number in a deal's path."""
    number = read_public_id("deal", deal.rpartition("/")[2])
    assert number is not None
    assert deal_name(number) == deal.rpartition("/")[2]
    return number


def photo(size: tuple[int, int] = (900, 600), form: str = "JPEG", **more: Any) -> bytes:  # noqa: ANN401
    """A picture as a camera makes it."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **more)
    return out.getvalue()
