"""Cards of the sandbox issuer: making them, and using them up behind somebody's back."""

from fairhold.lab.stories.stage import Stage, Told

OF_NO_ISSUER = "KX-8841-2290-7733"
"""A code of somebody who has no interface that could be asked."""


def issued(stage: Stage) -> tuple[str, str]:
    """A fresh card: its number and its password."""
    reply = stage.operator.post("/v1/sandbox/cards", {"action": "issue"})
    told = stage.step("the issuer", "issues a card", reply).done()
    told.says("a card that nobody has used")
    return str(told["number"]), f"pw{stage.run}77"


def redeemed(stage: Stage, who: str, did: str, number: str) -> Told:
    """Use a card up at the issuer."""
    reply = stage.operator.post("/v1/sandbox/cards", {"action": "redeem", "number": number})
    return stage.step(who, did, reply).done().says("the issuer books it as used")


def respelled(number: str) -> str:
    """The same card as somebody else would type it: full width, with spaces and dashes."""
    spaced = "-".join(number[place : place + 4] for place in range(0, len(number), 4))
    wide = spaced.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    return f"  {wide.lower()} "
