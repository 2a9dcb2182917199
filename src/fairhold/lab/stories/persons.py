"""People on the stage: each acts over HTTP with a key, and sometimes in a browser."""

import secrets
from collections.abc import Mapping
from typing import Final

from fairhold.lab.client import Answer, Browser, Client, Page
from fairhold.lab.stories.script import Stopped
from fairhold.lab.stories.stage import Stage, Told

NOT_PAID: Final = {"en": "NOT PAID – SEND NOTHING", "zh": "未付款，请勿发货"}


class Person:
    """Somebody with an account of their own."""

    def __init__(self, stage: Stage, name: str) -> None:
        """Sign up; ``name`` is what the story calls them."""
        self.stage = stage
        self.name = name
        letters = "".join(each for each in name.lower() if each.isascii() and each.isalpha())
        self.handle = letters
        self.email = f"{letters}.{stage.story.name}.{stage.run}@replay.example"
        self.password = f"correct horse {secrets.token_hex(4)}"
        asked = {"email": self.email, "handle": self.handle, "password": self.password}
        reply = stage.nobody.post("/v1/accounts", asked)
        told = stage.step(name, "signs up", reply).done()
        self.account: str = told["id"]
        self.client = Client(stage.server.address, told["api_key.secret"])
        stage.at_the_end(self.client.close)
        self.payments: dict[str, str] = {}

    # -- anything ---------------------------------------------------------------------------------

    def asks(self, did: str, path: str, query: Mapping[str, str | int] | None = None) -> Told:
        """Read something."""
        return self.stage.step(self.name, did, self.client.get(path, query))

    def does(self, did: str, path: str, body: object = None, *, key: str = "") -> Told:
        """Change something."""
        return self.stage.step(self.name, did, self.client.post(path, body, key=key))

    # -- trading ----------------------------------------------------------------------------------

    def offers(self, title: str, minor: int, *, category: str = "cards", stock: int = 1) -> str:
        """Put a card or code on the market; the id of the listing."""
        body = offer(title, minor, category=category, stock=stock)
        did = f"offers “{title}”"
        listing: str = self.does(did, "/v1/listings", body).done()["id"]
        return listing

    def takes(self, listing: str, *, version: int = 1, came_from: str = "") -> str:
        """Take an offer; the id of the deal."""
        body = {"listing": listing, "version": version, "came_from": came_from}
        told = self.does("takes the offer and has not paid", "/v1/deals", body).done()
        told.shows({"order.phase": "placed", "money.phase": "none"})
        deal: str = told["id"]
        return deal

    def sees(self, deal: str, did: str = "looks at the deal") -> Told:
        """Look at a deal."""
        return self.asks(did, f"/v1/deals/{deal}")

    def moves(self, deal: str, move: str, did: str, *, key: str = "", **told: object) -> Told:
        """Make a move in a deal."""
        return self.does(did, f"/v1/deals/{deal}/{move}", told, key=key)

    def rehearses(self, deal: str, move: str, did: str) -> Told:
        """Ask what a move would do, without making it."""
        reply = self.client.post(f"/v1/deals/{deal}/{move}", {}, query={"dry_run": 1})
        return self.stage.step(self.name, did, reply)

    def may(self, deal: str) -> tuple[str, ...]:
        """The moves that the server offers this person now."""
        reply = self.client.get(f"/v1/deals/{deal}")
        moves = reply["next_actions.moves"] if isinstance(reply, Answer) else ()
        return tuple(move["name"] for move in moves)

    def waits(self, deal: str, expected: Mapping[str, object], did: str) -> Told:
        """Look at a deal until it is as expected: what follows by itself takes a moment."""
        return self.stage.waits(
            self.name, did, lambda: self.client.get(f"/v1/deals/{deal}"), expected
        )

    # -- paying -----------------------------------------------------------------------------------

    def goes_to_pay(self, deal: str) -> Page:
        """Open the provider's page in a browser."""
        told = self.does("goes to the provider's page", f"/v1/deals/{deal}/checkout").done()
        url: str = told["url"]
        self.payments[deal] = told["payment"]
        told.says("the hosted checkout page")
        return self.browser().open(url)

    def presses(self, page: Page, choice: str, did: str) -> Page:
        """Press a button of the provider's page."""
        form = page.form_with("choice")
        if form is None:
            step = self.stage.note(self.name, did, page.text[:80])
            step.differs.append("the page has no button to press")
            raise Stopped
        after = self.browser().submit(page, form, choice=choice)
        self.stage.note(self.name, did, f"the page answers {after.status}")
        return after

    def pays(self, deal: str, choice: str = "pay", how: str = "pays") -> Told:
        """Pay at the provider's page, and wait until the money is in hold."""
        page = self.goes_to_pay(deal)
        self.presses(page, choice, how)
        return self.waits(
            deal,
            {"order.phase": "paid", "money.phase": "held"},
            "sees the money in hold",
        )

    # -- talking ----------------------------------------------------------------------------------

    def says(self, conversation: str, text: str, did: str = "writes") -> Told:
        """Write a message."""
        return self.does(did, f"/v1/conversations/{conversation}/messages", {"text": text})

    def reads(self, conversation: str, most: int, did: str = "reads the messages") -> Told:
        """Read a conversation once it has so many messages; the newest comes first."""
        path = f"/v1/conversations/{conversation}/messages"
        return self.stage.waits(
            self.name, did, lambda: self.client.get(path), {f"data.{most - 1}.number": 1}
        )

    # -- pages ------------------------------------------------------------------------------------

    def browser(self, language: str = "en") -> Browser:
        """A fresh browser, nobody signed in."""
        browser = Browser(self.stage.server.address, language=language)
        self.stage.at_the_end(browser.close)
        return browser

    def signed_in(self, language: str = "en") -> Browser:
        """A browser in which this person has signed in, through the form."""
        browser = self.browser(language)
        page = browser.open("/sign-in")
        form = page.form_with("email", "password")
        if form is None:
            step = self.stage.note(self.name, "opens the sign-in page", page.text[:80])
            step.differs.append("the page has no form to sign in with")
            raise Stopped
        browser.submit(page, form, email=self.email, password=self.password)
        return browser

    def page_says(self, deal: str, *, words: Mapping[str, str]) -> None:
        """The deal's page must say these words, in each language."""
        for language, text in words.items():
            page = self.signed_in(language).open(f"/deals/{deal}?lang={language}")
            found = text in page.text
            came = f"it says: {text}" if found else f"status {page.status}: {page.text[:60]}"
            step = self.stage.note(self.name, f"opens the deal's page ({language})", came)
            if not found:
                step.differs.append(f"the page must say {text}")


def offer(title: str, minor: int, *, category: str = "cards", stock: int = 1) -> dict[str, object]:
    """A listing for a card or code as a seller fills it in."""
    return {
        "title": title,
        "description": f"{title}, unused.",
        "price": {"amount": minor, "currency": "CNY"},
        "delivery": "secret",
        "category": category,
        "stock": stock,
    }
