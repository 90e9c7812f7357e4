"""Warnings about valid but probably unintended rosters."""

from collections.abc import Collection, Mapping

from yaml.nodes import MappingNode, Node

from reconciler.files.mapping import Entry, shown
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Group, Member
from reconciler.planning.condition import starts, too_many
from reconciler.planning.plan_events import own_callbacks
from reconciler.planning.quorum import called_anyhow


def warn_of_start(page: Page, key: Node, members: tuple[Member, ...]) -> None:
    """A conference that cannot start, or that does not take everybody."""
    if members and not any(map(starts, members)):
        page.warn(
            key,
            "the conference cannot start: every member has start_conference_on_enter: "
            "false, so nobody hears anybody",
            "set start_conference_on_enter: true for one of them",
        )
    for condition in too_many(members):
        page.warn(key, condition.text, "raise max_participants, or list fewer members")


_TAKEN_EVENTS = {
    "conference_status_callback": "the conference's events (joins, leaves, mutes, "
    "holds), if this person joins first",
    "status_callback": "the events of this person's call",
}


def warn_of_callbacks(
    page: Page, found: Mapping[str, Entry], members: Mapping[str, Member]
) -> None:
    """Callbacks of members' own, which the daemon's webhooks cannot share."""
    for label, member in members.items():
        for name in sorted(own_callbacks(member)):
            page.warn(
                _key_of(found[label], name),
                f"{shown(label)} declares {name}: a daemon with --public-url does not "
                f"receive {_TAKEN_EVENTS[name]}",
                f"remove {name}, or forward its events to the daemon's public URL",
            )


def _key_of(entry: Entry, name: str) -> Node:
    """Where a member names a parameter, else the member's own key."""
    if isinstance(entry.value, MappingNode):
        keys: list[Node] = [key for key, _ in entry.value.value if key.value == name]
        if keys:
            return keys[0]
    return entry.key


def warn_of_twins(
    page: Page,
    found: Mapping[str, Entry],
    members: Mapping[str, Member],
    groups: Collection[Group],
) -> None:
    """Two labels with one phone; who is called as one of a group shares the call."""
    called = called_anyhow(members, groups)
    first: dict[str, str] = {}
    for label in sorted(members, key=lambda each: each not in called):
        member = members[label]
        twin = first.setdefault(member.to, label) if member.to else label
        if twin != label:
            page.warn(
                found[label].key,
                f"{shown(label)} and {shown(twin)} have the same 'to'",
                "the phone will ring once for each"
                if label in called
                else f"the phone will ring once, for {shown(twin)}; {shown(label)} stays "
                "on standby",
            )


def warn_of_machines(
    page: Page, groups: Mapping[str, tuple[Node, Group]], members: Mapping[str, Member]
) -> None:
    """Groups in which a machine that answers counts as one of those wanted."""
    for node, group in groups.values():
        calls = [
            members[label].create_only for label in group.labels if label in members
        ]
        if group.want is not None and not all(
            any(name == "machine_detection" for name, _ in call) for call in calls
        ):
            page.warn(
                node,
                f"an answering machine counts as one of {shown(group.name)}: not all "
                "of "
                "them have machine_detection",
                "add machine_detection: Enable to defaults, or to their role",
            )
