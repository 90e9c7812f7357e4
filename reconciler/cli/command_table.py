"""The commands by group, as ``reconciler --help`` lists them."""

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """A module of ``reconciler.cli.commands`` and one line of help."""

    module: str
    about: str


GROUPS: dict[str, dict[str, CommandEntry]] = {
    "Everyday commands": {
        "plan": CommandEntry(
            "plan", "Show what sync would do, without writing anything."
        ),
        "sync": CommandEntry(
            "sync", "Apply the rosters and wait until the rooms converge."
        ),
        "apply": CommandEntry(
            "apply_plan", "Carry out a plan that 'plan --out' saved."
        ),
        "status": CommandEntry("status", "Compare desired and observed state."),
        "daemon": CommandEntry(
            "daemon", "Reconcile continuously, driven by files, webhooks and a timer."
        ),
    },
    "Decisions": {
        "approve": CommandEntry("approve", "Approve a withheld plan."),
        "redial": CommandEntry("redial", "Call participants again."),
        "resolve": CommandEntry(
            "redial", "Record whether an unconfirmed call reached the phone."
        ),
        "rollback": CommandEntry(
            "rollback", "Restore an earlier generation of a room and pin it."
        ),
        "unpin": CommandEntry("rollback", "Remove a pin: use the roster file again."),
        "pause": CommandEntry("decisions", "Stop making changes to a room."),
        "resume": CommandEntry("decisions", "Resume making changes to a room."),
        "release": CommandEntry("decisions", "Stop managing rooms; nobody is hung up."),
        "forget": CommandEntry("decisions", "Delete all records of released rooms."),
    },
    "Temporary overrides": {
        "set": CommandEntry("overrides", "Override a participant's state for a time."),
        "mute-all": CommandEntry("overrides", "Mute everybody in a room."),
        "only": CommandEntry("overrides", "Put everybody on hold except some."),
        "mode": CommandEntry("overrides", "Switch a room to one of its modes."),
        "start": CommandEntry("overrides", "Open a room that was ended."),
        "end": CommandEntry("end", "End a room's call and keep it ended."),
        "unset": CommandEntry("overrides", "Remove overrides of a room."),
    },
    "Roster files": {
        "init": CommandEntry(
            "roster_files", "Write a commented example roster and its schema."
        ),
        "validate": CommandEntry(
            "roster_files", "Check roster files and report every error."
        ),
        "fmt": CommandEntry("roster_files", "Normalize whitespace in roster files."),
        "schema": CommandEntry(
            "roster_files", "Print the JSON Schema of roster files."
        ),
        "policy": CommandEntry(
            "policy", "Check the policy that limits roster authors."
        ),
        "dump": CommandEntry("dump", "Write a live room as a roster."),
    },
    "Inspection": {
        "explain": CommandEntry(
            "explain", "Explain a participant's state: roster, calls, next step."
        ),
        "events": CommandEntry("events", "List what was done, when, why and by whom."),
        "exposure": CommandEntry(
            "exposure", "Show who was audible beyond what is declared, and why."
        ),
        "history": CommandEntry(
            "history", "List generations of a room: when, by whom, what changed."
        ),
        "diff": CommandEntry(
            "history", "Compare generations of a room, or one with the live room."
        ),
        "schedule": CommandEntry(
            "schedule", "Show when a room changes by its schedule."
        ),
    },
    "Operation": {
        "doctor": CommandEntry(
            "doctor", "Check credentials, clock, database and files."
        ),
        "probe": CommandEntry(
            "probe_account", "Measure how Twilio behaves where it documents nothing."
        ),
        "nodes": CommandEntry(
            "nodes", "Show the daemons that share the rooms of a database."
        ),
        "notify": CommandEntry("notify", "Show and test who is notified of events."),
        "db": CommandEntry("db", "Manage the database: schema, account, copies."),
        "completion": CommandEntry(
            "completions", "Print a script that completes commands in a shell."
        ),
        "record": CommandEntry(
            "recordings", "Keep what a run decides and why, without names."
        ),
        "replay": CommandEntry(
            "recordings", "Decide again what 'record' kept, and show differences."
        ),
        "bug-report": CommandEntry(
            "bug_report", "Collect what a report of a fault needs."
        ),
        "version": CommandEntry("versions", "Show versions."),
    },
    "Trying it out": {
        "demo": CommandEntry(
            "demo", "Run a self-contained demonstration on this machine."
        ),
        "simulate": CommandEntry(
            "simulate", "Run a local Twilio API with simulated phones."
        ),
        "play": CommandEntry(
            "play_seeds",
            "Try the promises in simulated rooms with faults of every kind.",
        ),
    },
}

COMMANDS: dict[str, CommandEntry] = {
    name: entry for group in GROUPS.values() for name, entry in group.items()
}

IDENTIFIERS = {"set": "set_", "mute-all": "mute_all", "bug-report": "bug_report"}
"""Functions of commands whose names are not those of the commands."""
