"""Every story of the news ends here as it must, and a story that does not is named."""

import io
import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from fairhold.lab import replay
from fairhold.lab.client import Answer, Problem, look
from fairhold.lab.stories import report
from fairhold.lab.stories.casting import STORIES
from fairhold.lab.stories.persons import Person
from fairhold.lab.stories.script import Ending, Played, Step, Stopped, Story
from fairhold.lab.stories.server import NotStarted, PrivateServer
from fairhold.lab.stories.stage import Stage, instant, length


@pytest.fixture(scope="session")
def server() -> Iterator[PrivateServer]:
    with PrivateServer() as running:
        yield running


def quiet(_step: Step) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", STORIES)
def test_the_story_ends_as_it_must(name: str, server: PrivateServer) -> None:
    played = Stage(server, STORIES[name], quiet).play()
    assert played.differs == ()
    assert len(played.steps) > 20


def story(play: object) -> Story:
    assert callable(play)
    return Story(name="planted", title="A planted story", news="badly", play=play)


def test_what_differs_is_named_with_the_step_and_both_values(server: PrivateServer) -> None:
    def play(stage: Stage) -> Ending:
        ann = Person(stage, "Ann")
        ann.asks("looks at herself", "/v1/me").shows({"handle": "Bob"})
        ann.asks("looks at what is not there", "/v1/nowhere").refused("deal.unknown")
        ann.does("offers nothing", "/v1/listings", {}).refused("request.malformed", 418)
        return Ending(here="over", money="nowhere")

    played = Stage(server, story(play), quiet).play()
    assert not played.right
    assert "Ann looks at herself: handle must be Bob, is ann" in played.differs
    assert any("must be refused with deal.unknown" in what for what in played.differs)
    assert any("must have status 418" in what for what in played.differs)


def test_a_story_that_cannot_go_on_stops_where_it_stands(server: PrivateServer) -> None:
    def play(stage: Stage) -> Ending:
        ann = Person(stage, "Ann")
        ann.does("takes what nobody offers", "/v1/deals", {"listing": "?", "version": 1}).done()
        raise AssertionError

    played = Stage(server, story(play), quiet).play()
    assert played.here.endswith("did not come to its end")
    assert len(played.differs) == 1


def test_what_never_comes_is_a_difference_and_no_endless_wait(
    server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhold.lab.stories.stage.PATIENCE_S", 0.0)

    def play(stage: Stage) -> Ending:
        stage.note("Ann", "waits", "")
        assert not stage.until(lambda: False, "a miracle")
        raise Stopped

    played = Stage(server, story(play), quiet).play()
    assert played.differs == ("Ann waits: a miracle: this never came",)


def test_a_secret_that_stands_in_a_file_is_found(server: PrivateServer) -> None:
    leak = server.var / "leak.txt"
    leak.write_text("the password is hunter2", "utf-8")
    assert server.holds("hunter2") == ("var/leak.txt",)
    leak.unlink()
    assert server.holds("hunter2") == ()


def test_an_unknown_story_is_refused_with_the_names_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert replay.main(("liu", "romeo"), as_json=False) == 2
    said = capsys.readouterr().err
    assert "romeo" in said
    assert "liu, li, wang, guo" in said


def test_a_server_that_does_not_start_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(PrivateServer, "_environment", lambda _self: {"PORT": "none of these"})
    assert replay.main(("liu",), as_json=False) == 1
    assert "did not start" in capsys.readouterr().err


def played(*, differs: str = "") -> Played:
    step = Step(who="Ann", did="trades", came="done", differs=[differs] if differs else [])
    return Played(
        name="ann", title="Ann", news="badly", here="well", money="with Ann", steps=(step,)
    )


@pytest.mark.parametrize(("differs", "status"), [("", 0), ("money is gone", 1)])
def test_the_exit_status_says_whether_all_ended_well(
    differs: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay, "play", lambda _stories, _console: [played(differs=differs)])
    assert replay.main((), as_json=True) == status
    told = json.loads(capsys.readouterr().out)
    assert told["right"] is (status == 0)
    assert look(told, "stories.0.steps.0.who") == "Ann"
    assert look(told, "stories.0.differs") == ([f"Ann trades: {differs}"] if differs else [])


def test_the_table_names_the_news_the_end_and_the_money() -> None:
    console = Console(record=True, width=160, quiet=False, file=io.StringIO())
    report.tell(console, played(differs="money is gone").steps[0])
    report.table(console, [played(), played(differs="money is gone")])
    text = console.export_text()
    for words in ("badly", "well", "with Ann", "✗ money is gone", "1 ended otherwise"):
        assert words in text


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (1_000, "1 s"),
        (61_000, "1 min 1 s"),
        (60_000, "1 min"),
        (5_400_000, "1 h 30 min"),
        (86_400_000, "24 h"),
    ],
)
def test_spans_are_told_in_words(span: int, words: str) -> None:
    assert length(span) == words


def test_times_are_read_to_the_millisecond() -> None:
    assert instant("2026-06-01T08:00:00.250Z") == 1_780_300_800_250


def test_an_answer_is_looked_up_by_path_and_is_none_where_it_leads_nowhere() -> None:
    answer = Answer(status=200, body={"data": [{"id": "a"}], "name": "b"})
    assert answer["data.0.id"] == "a"
    assert answer["data.7.id"] is None
    assert answer["name.0"] is None


def test_a_private_server_cleans_up_when_it_never_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: PrivateServer) -> None:
        raise NotStarted(self.said)

    monkeypatch.setattr(PrivateServer, "_start", broken)
    server = PrivateServer()
    with pytest.raises(NotStarted), server:
        raise AssertionError
    assert not server.var.exists()


def test_a_refusal_is_a_value() -> None:
    problem = Problem(status=409, code="deal.not_now")
    assert (problem.status, problem.code, problem.title) == (409, "deal.not_now", "")
