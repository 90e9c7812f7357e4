"""No command shows a full phone number of a roster file unless it is asked to."""

import pytest

from tests.cli.conftest import LINE, World

BROKEN = """\
version: 1
conference: other
from: "+15550100001"
participants:
  ann: {to: +15550100101, mutd: true}
  bob: {to: "sip:+15550100102@pbx.example.com", mutd: true}
  cara: {to: "+1 555 010-0103"}
  dan: {to: 15550100104}
"""
TAILS = ("0100101", "0100102", "010-0103", "0100103", "0100104")


def shown(text: str) -> set[str]:
    """The numbers of which *text* shows the second half."""
    return {each for each in TAILS if each in text}


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif", "junit"])
def test_validate_shows_no_number_in_any_format(world: World, output: str) -> None:
    world.write(BROKEN)

    done = world.run("validate", "--output", output)

    assert done.code == 78
    assert not shown(done.out)
    assert not shown(done.err)
    assert "+1555" in done.err + done.out


def test_the_line_and_the_column_stay_those_of_the_file(world: World) -> None:
    world.write(BROKEN)

    found = world.run("validate", "--output", "json").data["problems"]

    lines = BROKEN.splitlines()
    assert found
    for each in found:
        line = lines[each["line"] - 1]
        assert len(each["snippet"]) == len(line)
        assert (
            each["snippet"][each["column"] - 1 :][:2] == line[each["column"] - 1 :][:2]
        )


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("beside", [True, False])
def test_plan_shows_numbers_of_files_with_errors_only_on_request(
    world: World, output: str, *, beside: bool
) -> None:
    world.write(BROKEN, "broken.yaml")
    if beside:
        world.write(LINE)

    masked = world.run("plan", "--output", output)
    whole = world.run("plan", "--output", output, "--show-numbers")

    assert not shown(masked.out + masked.err)
    assert shown(whole.err) == set(TAILS)
    assert output == "text" or shown(whole.out) == set(TAILS)


def test_status_and_events_of_a_refused_file_show_no_number(world: World) -> None:
    world.converge()
    world.write(LINE + '  eve: {to: "+1 555 010-0103"}\n  fay: {to: 15550100104}\n')
    world.run("plan")
    world.run("sync", "--no-wait")

    text, data = world.run("status"), world.run("status", "--output", "json")
    events = world.run("events", "line", "--output", "json")
    whole = world.run("status", "--output", "json", "--show-numbers")

    assert "refused since" in text.out
    assert "roster.refused" in events.out
    assert not shown(text.out + data.out + events.out)
    assert "0100104" in shown(whole.out)


PEOPLE = "version: 1\npeople:\n  ann: {to: 15550100104, mutd: true}\n"
CSV = "label,to\nann,15550100104\nbob,+1 555 010-0103\n"


def test_people_files_and_rows_of_tables_show_no_number(world: World) -> None:
    world.write(PEOPLE, "people.yaml")
    world.write(CSV, "people.csv")
    world.write("version: 1\npeople: {csv: people.csv}\n", "table.yaml")

    done = world.run("validate", "--output", "json")

    assert {each["file"].rpartition("/")[2] for each in done.data["problems"]} >= {
        "people.yaml",
    }
    assert not shown(done.out + done.err)


def test_a_policy_that_is_not_valid_shows_no_number(world: World) -> None:
    policy = world.folder / "policy.yaml"
    policy.write_text('version: 1\naddresses: ["1 555 010-0103"]\n')

    text = world.run("policy", "check", str(policy))
    data = world.run("policy", "check", str(policy), "--output", "json")

    assert text.code == data.code == 78
    assert not shown(text.err + text.out + data.out + data.err)
    assert "15550100103" not in text.err + data.out
