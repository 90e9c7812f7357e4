"""Groups of a room: members and how many are wanted."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.csv_people import CsvPeople, people_rows
from reconciler.files.directory import SharedKind
from reconciler.files.duration_field import read_duration
from reconciler.files.label import check_label
from reconciler.files.mapping import Entry, did_you_mean, entries, known, shown
from reconciler.files.member_fields import read_fields
from reconciler.files.name import check_name
from reconciler.files.named_file import read_named
from reconciler.files.scalar import integer, untagged
from reconciler.files.value import read_word
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Group, GroupOrder, Late

KEYS: Final = (
    *("role", "want", "each", "order", "late"),
    *("members", "csv", "schedule", "timezone"),
)
MIN_EACH_SECONDS: Final = 5.0


class Candidates(Struct, frozen=True):
    """A group as a file has it: ``labels`` with where each is named.

    ``people`` are the rows of its CSV file by label; it is ``complete`` unless one
    cannot be read.
    """

    key: ScalarNode
    found: Mapping[str, Entry]
    labels: Mapping[str, ScalarNode]
    people: Mapping[str, Node] = field(default_factory=dict)
    complete: bool = True

    @property
    def name(self) -> str:
        """The group's name."""
        return str(self.key.value)


def read_groups(page: Page, entry: Entry | None) -> list[Candidates]:
    """The groups of a room, without those that are wrong."""
    found = entries(page, "groups", entry.value) if entry else None
    read = [_candidates(page, each) for each in (found or {}).values()]
    return [candidates for candidates in read if candidates]


def _candidates(page: Page, entry: Entry) -> Candidates | None:
    check_name(page, "group", entry.key)
    errors, what = page.errors, f"group {shown(entry.key.value)}"
    if isinstance(entry.value, SequenceNode):
        listed = read_labels(page, what, entry.value)
        return _peopled(page, Candidates(entry.key, {}, listed), errors)
    found = known(page, what, entry.value, KEYS, {})
    if found is None:
        return None
    if "members" not in found and "csv" not in found:
        return _shared(page, entry, found)
    people = read_csv(page, found["csv"].value) if "csv" in found else None
    own = found.get("members")
    labels = read_labels(page, "members", own.value) if own else {}
    rows = _first(people.rows) if people else {}
    labels |= {label: key for label, (key, _) in rows.items() if label not in labels}
    rest = {label: row for label, (_, row) in rows.items()}
    complete = "csv" not in found or (people is not None and people.complete)
    if people and complete and not labels:
        note_no_rows(page, people.rows, entry.key.value)
        return None
    candidates = Candidates(entry.key, found, labels, rest, complete)
    return _peopled(page, candidates, errors)


def note_no_rows(page: Page, rows: MappingNode, group: str) -> None:
    """Note that the CSV file of *group* has its first row alone."""
    message = f"this file has no people for the group {shown(group)}"
    page.wrong(rows, message, "add a row for each person below the first row")


def _peopled(page: Page, candidates: Candidates, errors: int) -> Candidates | None:
    """*candidates*; None, noted, where nobody is among them."""
    if candidates.labels or page.errors > errors:
        return candidates
    message = f"the group {shown(candidates.name)} has no members"
    page.wrong(candidates.key, message, "write members: [ann, bob] or csv: people.csv")
    return None


def _shared(page: Page, entry: Entry, found: Mapping[str, Entry]) -> Candidates | None:
    """A group whose people a shared document lists."""
    name = entry.key.value
    shared = page.inputs.find(SharedKind.GROUPS, name)
    if shared is None:
        others = page.inputs.directory.kinds[SharedKind.GROUPS]
        hint = (
            did_you_mean(name, others) or "write members: [ann, bob] or csv: people.csv"
        )
        page.missing(entry.key, f"the group {shown(name)} has no members", hint)
        return None
    if isinstance(shared.value, SequenceNode):
        labels = dict.fromkeys(read_labels(page, name, shared.value), entry.key)
        return Candidates(entry.key, found, labels)
    people = {label: row for label, (_, row) in _rows(shared.value)}
    return Candidates(entry.key, found, dict.fromkeys(people, entry.key), people)


def _rows(people: Node | None) -> Iterator[tuple[str, tuple[ScalarNode, Node]]]:
    if isinstance(people, MappingNode):
        for key, row in people.value:
            yield key.value, (key, row)


def _first(people: Node) -> dict[str, tuple[ScalarNode, Node]]:
    """The rows by label; of a label given twice the first."""
    rows: dict[str, tuple[ScalarNode, Node]] = {}
    for label, row in _rows(people):
        rows.setdefault(label, row)
    return rows


def read_csv(page: Page, node: Node) -> CsvPeople | None:
    """The rows of the CSV file that *node* names, each label once; None is noted."""
    named = read_named(page, "csv", node)
    if named is None:
        return None
    people = people_rows(named)
    page.adopt(*named.problems)
    if people is not None:
        entries(page, "people", people.rows)
        _check_doubled(page, people.rows)
    return people


def _check_doubled(page: Page, people: MappingNode) -> None:
    """Note what else is wrong with rows whose label is that of an earlier row."""
    labels: set[str] = set()
    for label, row in people.value:
        if label.value in labels:
            read_fields(page, entries(page, "a row", row) or {})
        labels.add(label.value)


def read_labels(page: Page, what: str, node: Node) -> dict[str, ScalarNode]:
    """The labels of a list, with their places."""
    if not untagged(page, what, node):
        return {}
    if not isinstance(node, SequenceNode):
        page.wrong(node, f"{what} must be a list", "write [ann, bob]")
        return {}
    labels: dict[str, ScalarNode] = {}
    for each in node.value:
        if not isinstance(each, ScalarNode):
            page.wrong(each, f"{what} must be a list of labels", "write [ann, bob]")
            continue
        check_label(page, each)
        if first := labels.get(each.value):
            where = page.place(first)
            message = f"{shown(each.value)} is listed twice; first at {where}"
            page.wrong(each, message, "keep one of them")
        labels.setdefault(each.value, each)
    return labels


def group_of(page: Page, candidates: Candidates) -> Group:
    """The group with its numbers checked."""
    found, labels = candidates.found, tuple(candidates.labels)
    want = (
        integer(page, "want", found["want"].value, 1, None) if "want" in found else None
    )
    if want is not None and want > len(labels) and candidates.complete:
        message = f"want is {want}, and the group has {len(labels)}"
        page.wrong(found["want"].value, message, "list more people, or want fewer")
    base = Group(candidates.name, labels)
    entry, order, late = found.get("each"), found.get("order"), found.get("late")
    seconds = (
        read_duration(page, "each", entry.value, MIN_EACH_SECONDS) if entry else None
    )
    by = read_word(page, "order", order.value, tuple(GroupOrder)) if order else None
    then = read_word(page, "late", late.value, tuple(Late)) if late else None
    return Group(
        candidates.name,
        labels,
        want,
        base.each_seconds if seconds is None else seconds,
        GroupOrder(by) if by else base.order,
        Late(then) if then else base.late,
    )


def roles_by_label(page: Page, groups: list[Candidates]) -> dict[str, Entry]:
    """The role that their group gives each label; two that differ are noted."""
    roles: dict[str, tuple[str, Entry]] = {}
    for group in groups:
        role = group.found.get("role")
        if role is None:
            continue
        for label in group.labels:
            first, before = roles.setdefault(label, (group.name, role))
            if _word(before) != _word(role):
                page.wrong(
                    role.value,
                    f"{shown(label)} has the role {_word(before)} as one of {first}, "
                    f"and {_word(role)} as one of {group.name}",
                    f"list {label} in one of them, or under participants with a role",
                )
    return {label: role for label, (_, role) in roles.items()}


def _word(role: Entry) -> str:
    return str(role.value.value)
