"""What a story is made of: its steps as they came out, and how it ended."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from fairhold.lab.stories.stage import Stage


class Step(Struct, kw_only=True):
    """Who did what, and what came of it; ``differs`` names everything that was not expected."""

    who: str
    did: str
    came: str = ""
    differs: list[str] = field(default_factory=list)


class Ending(Struct, frozen=True, kw_only=True):
    """How it ended here, in words of a person, and where the money is."""

    here: str
    money: str


class Story(Struct, frozen=True, kw_only=True):
    """One story. ``news`` is how it ended in the newspaper; ``play`` acts it out and checks."""

    name: str
    title: str
    news: str
    play: Callable[["Stage"], Ending]


class Played(Struct, frozen=True, kw_only=True):
    """A story after it was played."""

    name: str
    title: str
    news: str
    here: str
    money: str
    steps: tuple[Step, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        """Everything that was not as it must be."""
        return tuple(
            f"{step.who} {step.did}: {what}" for step in self.steps for what in step.differs
        )

    @property
    def right(self) -> bool:
        """Whether the story ended as it must."""
        return not self.differs


class Stopped(Exception):
    """A story cannot go on; what differs is in its steps."""
