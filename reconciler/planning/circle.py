"""Finds cycles among labels that each refer to at most one other."""

from collections.abc import Callable, Iterator, Mapping


def circles(
    labels: Mapping[str, object], target: Callable[[str], str | None]
) -> Iterator[list[str]]:
    """Each circle of two or more once, from its first label in file order."""
    seen: set[str] = set()
    for start in labels:
        path: dict[str, int] = {}
        label: str | None = start
        while label is not None and label in labels and label not in seen:
            seen.add(label)
            path[label] = len(path)
            label = target(label)
        if label in path and path[label] < len(path) - 1:
            yield _from_first(list(path)[path[label] :], labels)


def _from_first(circle: list[str], labels: Mapping[str, object]) -> list[str]:
    places = {label: index for index, label in enumerate(circle)}
    first = next(places[each] for each in labels if each in places)
    return circle[first:] + circle[:first]
