"""The stage of one story: who takes part, what they did, what came of it, and what differs."""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from fairhold.kernel.instant import MINUTE, SECOND, Instant, Span
from fairhold.lab.client import Answer, Client, Problem, Reply, Unreachable
from fairhold.lab.stories.script import Ending, Played, Step, Stopped, Story
from fairhold.lab.stories.server import PrivateServer
from fairhold.lab.stories.words import came_of, shown

PATIENCE_S: Final = 15.0
"""How long to wait for what follows by itself; everything does within moments."""
LOOK_S: Final = 0.02

Tell = Callable[[Step], None]


class Told:
    """What the server said to one step; whatever is not as expected is noted there."""

    def __init__(self, stage: "Stage", step: Step, reply: Reply) -> None:
        """Keep the three together."""
        self._stage = stage
        self._step = step
        self.reply = reply

    def __getitem__(self, path: str) -> Any:  # noqa: ANN401 — whatever the document holds there
        """A value of the answer by its dotted path; None when it was refused."""
        return self.reply[path] if isinstance(self.reply, Answer) else None

    def done(self) -> "Told":
        """It must have been done: without it the story cannot go on."""
        if isinstance(self.reply, Problem):
            self.differ(f"must be done, was refused with {self.reply.code}")
            raise Stopped
        return self

    def refused(self, code: str, status: int = 0) -> "Told":
        """It must have been refused, with this code (and this status)."""
        if isinstance(self.reply, Answer):
            self.differ(f"must be refused with {code}, was done")
        elif self.reply.code != code:
            self.differ(f"must be refused with {code}, was refused with {self.reply.code}")
        elif status and self.reply.status != status:
            self.differ(f"must have status {status}, has {self.reply.status}")
        return self

    def shows(self, expected: Mapping[str, object]) -> "Told":
        """The answer must hold these values at these paths."""
        for path, value in expected.items():
            found = self[path]
            if found != value:
                self.differ(f"{path} must be {shown(value)}, is {shown(found)}")
        return self

    def expect(self, what: str, *, holds: bool) -> "Told":
        """Something said in words must hold."""
        if not holds:
            self.differ(f"{what}: this is not so")
        return self

    def replayed(self) -> "Told":
        """It must be the answer that an earlier request with the same key got."""
        if not self.reply.replayed:
            self.differ("must be answered as before, was done anew")
        return self.done()

    def says(self, came: str) -> "Told":
        """Put what came of it in better words than the general ones."""
        self._step.came = came
        return self

    def differ(self, what: str) -> None:
        """Note what is not as it must be."""
        self._step.differs.append(what)


class Stage:
    """Where one story is played: the server, the clock, and a list of steps."""

    def __init__(self, server: PrivateServer, story: Story, tell: Tell) -> None:
        """``tell`` hears each step once all is known about it."""
        self.server = server
        self.story = story
        self.run = secrets.token_hex(3)
        self.steps: list[Step] = []
        self.nobody = Client(server.address)
        self.operator = Client(server.address, server.operator_key)
        self._open: list[Callable[[], None]] = [self.nobody.close, self.operator.close]
        self._tell = tell
        self._told = 0

    # -- steps ------------------------------------------------------------------------------------

    def step(self, who: str, did: str, reply: Reply) -> Told:
        """Note a step and what the server answered."""
        step = self.note(who, did, came_of(reply))
        return Told(self, step, reply)

    def note(self, who: str, did: str, came: str) -> Step:
        """Note a step; the ones before it are told now."""
        self._flush()
        step = Step(who=who, did=did, came=came)
        self.steps.append(step)
        return step

    def _flush(self) -> None:
        for step in self.steps[self._told :]:
            self._tell(step)
        self._told = len(self.steps)

    def at_the_end(self, close: Callable[[], None]) -> None:
        """Close something when the story is over."""
        self._open.append(close)

    def waits(
        self, who: str, did: str, look: Callable[[], Reply], expected: Mapping[str, object]
    ) -> Told:
        """Look until it is as expected: what follows by itself takes a moment."""
        end = time.monotonic() + PATIENCE_S
        reply = look()
        while not _matches(reply, expected) and time.monotonic() < end:
            time.sleep(LOOK_S)
            reply = look()
        return self.step(who, did, reply).shows(expected)

    # -- time -------------------------------------------------------------------------------------

    def now(self) -> Instant:
        """What the test clock shows."""
        return instant(self._clock()["now"])

    def advance(self, span: Span, why: str) -> None:
        """Move the test clock, and wait until everything that was due has happened."""
        asked = self.operator.post("/v1/test_clock/advance", {"by_ms": span})
        self.step("the clock", f"goes on {length(span)}: {why}", asked).done()
        self.until(lambda: self._clock()["status"] == "ready", "the clock comes to rest")
        self.steps[-1].came = f"it is {self._clock()['now']}"

    def advance_to(self, due: str, why: str, *, before: Span = 0) -> None:
        """Move the test clock to a deadline, or to shortly before it."""
        self.advance(max(SECOND, instant(due) - before - self.now()), why)

    def _clock(self) -> Answer:
        reply = self.operator.get("/v1/test_clock")
        if isinstance(reply, Problem):
            self.step("the clock", "is looked at", reply).done()
        assert isinstance(reply, Answer), "a story stops where it cannot go on"
        return reply

    def until(self, holds: Callable[[], bool], what: str) -> bool:
        """Look until something is so; note it as a difference when it never is."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if holds():
                return True
            time.sleep(LOOK_S)
        self.steps[-1].differs.append(f"{what}: this never came")
        return False

    # -- the whole story --------------------------------------------------------------------------

    def play(self) -> Played:
        """Play the story to its end, or to where it cannot go on."""
        ending = Ending(here="did not come to its end", money="unknown")
        try:
            ending = self.story.play(self)
        except Stopped:
            pass
        except Unreachable as error:
            step = self.note("the server", "is asked", f"nobody answers: {error}")
            step.differs.append("the server must answer")
        finally:
            self._flush()
            for close in reversed(self._open):
                close()
        story, differs = self.story, sum(len(step.differs) for step in self.steps)
        here = f"otherwise than it must ({differs}): {ending.here}" if differs else ending.here
        return Played(
            name=story.name,
            title=story.title,
            news=story.news,
            here=here,
            money=ending.money,
            steps=tuple(self.steps),
        )


def _matches(reply: Reply, expected: Mapping[str, object]) -> bool:
    return isinstance(reply, Answer) and all(
        reply[path] == value for path, value in expected.items()
    )


def instant(text: str) -> Instant:
    """Read an RFC 3339 time."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def length(span: Span) -> str:
    """A span for a reader: hours when it is long, minutes or seconds when it is not."""
    minutes, rest = divmod(span, MINUTE)
    if rest:
        return f"{minutes} min {rest // SECOND} s" if minutes else f"{rest // SECOND} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
