"""Telling what happened: a line a step while it happens, and a table at the end."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fairhold.lab.stories.script import Played, Step, Story


def announce(console: Console, story: Story) -> None:
    """Say which story begins."""
    console.print(Text(f"\n{story.name} – {story.title}", style="bold"))


def tell(console: Console, step: Step) -> None:
    """One line a step: who, what they did, what came of it; a line more for each difference."""
    line = Text("  ")
    line.append(f"{step.who}", style="cyan")
    line.append(f" {step.did} ")
    line.append(f"→ {step.came}", style="dim")
    console.print(line, soft_wrap=True)
    for what in step.differs:
        console.print(Text(f"    ✗ {what}", style="bold red"), soft_wrap=True)


def table(console: Console, played: Sequence[Played]) -> None:
    """How each story ended in the news, and how it ended here."""
    rows = Table(show_lines=True)
    for title in ("story", "how the news ended", "how it ended here", "where the money is", ""):
        rows.add_column(title, overflow="fold")
    for story in played:
        verdict = Text("✓", style="bold green") if story.right else Text("✗", style="bold red")
        rows.add_row(story.name, story.news, story.here, story.money, verdict)
    console.print()
    console.print(rows)
    wrong = [story for story in played if not story.right]
    for story in wrong:
        for what in story.differs:
            console.print(Text(f"{story.name}: {what}", style="red"), soft_wrap=True)
    steps = sum(len(story.steps) for story in played)
    console.print(
        f"{len(played)} stories, {steps} steps, {len(wrong)} ended otherwise than they must"
    )


def document(played: Sequence[Played]) -> dict[str, object]:
    """The same for machines."""
    return {
        "object": "replay",
        "right": all(story.right for story in played),
        "stories": [
            {
                "name": story.name,
                "title": story.title,
                "news": story.news,
                "here": story.here,
                "money": story.money,
                "right": story.right,
                "differs": list(story.differs),
                "steps": [
                    {"who": s.who, "did": s.did, "came": s.came, "differs": list(s.differs)}
                    for s in story.steps
                ],
            }
            for story in played
        ],
    }
