"""How long it can take: no way round that takes time, and the longest way to the end.

The states and steps form a graph whose edges last some milliseconds. Ways round that take no time
(a code renewed, a secret sealed and withdrawn) are harmless; one that takes time would let
somebody keep a deal open for ever.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from fairhold.kernel.instant import Span
from fairhold.lab.prove_model import Step

Edges = Sequence[Mapping[int, Step]]
"""For each state, the states one step away and the slowest step that leads there."""


class Longest(Struct, frozen=True):
    """For each state the time from there to the end, and how to spend it."""

    edges: Edges
    component: Sequence[int]
    spent: Sequence[Span]
    exits: Sequence[tuple[int, int] | None]
    """For each component the edge by which the longest way leaves it."""

    def from_state(self, state: int) -> Span:
        """The longest time from a state to the end."""
        return self.spent[self.component[state]]

    def path(self, state: int) -> tuple[Step, ...]:
        """The steps of the longest way from a state."""
        steps: list[Step] = []
        while (leave := self.exits[self.component[state]]) is not None:
            source, target = leave
            steps += self._within(state, source)
            steps.append(self.edges[source][target])
            state = target
        return tuple(steps)

    def _within(self, source: int, target: int) -> list[Step]:
        """The shortest way between two states of one component; it takes no time."""
        came: dict[int, int] = {source: source}
        queue = deque([source])
        while queue and target not in came:
            state = queue.popleft()
            for following in self.edges[state]:
                inside = self.component[following] == self.component[state]
                if inside and following not in came:
                    came[following] = state
                    queue.append(following)
        steps: list[Step] = []
        while target != source:
            steps.append(self.edges[came[target]][target])
            target = came[target]
        return steps[::-1]


def components(edges: Edges) -> list[int]:
    """Number the strongly connected components, those that are reached last first (Tarjan)."""
    count = len(edges)
    number, low, component = [-1] * count, [0] * count, [-1] * count
    stack: list[int] = []
    counter = found = 0
    for root in range(count):
        if number[root] >= 0:
            continue
        work: list[tuple[int, Iterator[int]]] = [(root, iter(edges[root]))]
        number[root] = low[root] = counter
        counter += 1
        stack.append(root)
        while work:
            state, following = work[-1]
            for target in following:
                if number[target] < 0:
                    number[target] = low[target] = counter
                    counter += 1
                    stack.append(target)
                    work.append((target, iter(edges[target])))
                    break
                if component[target] < 0:
                    low[state] = min(low[state], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == number[state]:
                    while component[state] < 0:
                        component[stack.pop()] = found
                    found += 1
    return component


def endless(edges: Edges, component: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The steps that take time and from which one can come back to where they began."""
    for source, targets in enumerate(edges):
        for target, step in targets.items():
            if step.waited_ms > 0 and component[source] == component[target]:
                yield source, target


def longest(edges: Edges, component: Sequence[int]) -> Longest:
    """The longest way to the end from every state, when no way round takes time."""
    members: list[list[int]] = [[] for _ in range(max(component, default=-1) + 1)]
    for state, index in enumerate(component):
        members[index].append(state)
    spent: list[Span] = [0] * len(members)
    length = [0] * len(members)
    exits: list[tuple[int, int] | None] = [None] * len(members)
    for index, states in enumerate(members):  # a component comes after all that it leads to
        for source in states:
            for target, step in edges[source].items():
                onward = component[target]
                if onward == index:
                    continue
                time, steps = step.waited_ms + spent[onward], length[onward] + 1
                # Of equally long ways the one with the fewest steps tells most.
                if (time, -steps) > (spent[index], -length[index]):
                    spent[index], length[index] = time, steps
                    exits[index] = (source, target)
    return Longest(edges, component, spent, exits)
