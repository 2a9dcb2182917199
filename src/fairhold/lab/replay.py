"""``fairhold replay``: the stories of the news, played over HTTP against a private server.

Nothing is simulated: every line that is printed is what the server answered to a request. A story
that ends otherwise than it must makes the program end with 1.
"""

import json
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from fairhold.lab.stories import report
from fairhold.lab.stories.casting import STORIES
from fairhold.lab.stories.script import Played, Step, Story
from fairhold.lab.stories.server import NotStarted, PrivateServer
from fairhold.lab.stories.stage import Stage

WRONG_NAME = 2


def main(stories: Sequence[str], as_json: bool) -> int:  # noqa: FBT001 — the command line's flag
    """Play the named stories, or all of them; the exit status of the program."""
    unknown = [name for name in stories if name not in STORIES]
    if unknown:
        known = ", ".join(STORIES)
        sys.stderr.write(f"There is no story {', '.join(unknown)}. There are: {known}.\n")
        return WRONG_NAME
    chosen = [STORIES[name] for name in dict.fromkeys(stories)] or list(STORIES.values())
    console = Console(highlight=False, quiet=as_json)
    try:
        played = play(chosen, console)
    except NotStarted as error:
        sys.stderr.write(f"The private server did not start. It said:\n{error}\n")
        return 1
    if as_json:
        sys.stdout.write(json.dumps(report.document(played), ensure_ascii=False, indent=1) + "\n")
    else:
        report.table(console, played)
    return 0 if all(story.right for story in played) else 1


def play(stories: Sequence[Story], console: Console) -> list[Played]:
    """Play stories one after the other on one private server."""
    played = []
    with PrivateServer() as server:
        for story in stories:
            report.announce(console, story)
            played.append(Stage(server, story, _teller(console)).play())
    return played


def _teller(console: Console) -> Callable[[Step], None]:
    return lambda step: report.tell(console, step)
