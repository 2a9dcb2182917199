"""Every story that can be replayed, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.lab.stories import guo, li, liu, wang
from fairhold.lab.stories.script import Story

STORIES: Mapping[str, Story] = MappingProxyType(
    {story.name: story for story in (liu.STORY, li.STORY, wang.STORY, guo.STORY)}
)
