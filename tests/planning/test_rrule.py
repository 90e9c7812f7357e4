"""Rules of RFC 5545: the document's own examples, and what is refused."""

import re
from datetime import UTC, datetime

import pytest

from reconciler.model.schedule import Period, Recurring
from reconciler.planning.occurrences import next_change
from reconciler.planning.recurrence import rule_fault, starts
from tests.planning.zones import NEW_YORK, shown, utc

START = "1997-09-02T09:00:00"


def _recurring(rule: str, start: str = START, zone: str = NEW_YORK) -> Recurring:
    return Recurring(rule, start, 3600.0, zone)


def _local(rule: str, start: str, *years: int) -> list[str]:
    """The New York dates of a rule's occurrences, as ``0902 0905``."""
    found = [each for year in years for each in starts(_recurring(rule, start), year)]
    return [each.date[5:].replace("-", "") for each in found]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", START, "0902 0903 0904"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", START, "0902 0912 0922 1002 1012"),
        ("FREQ=WEEKLY;COUNT=4", START, "0902 0909 0916 0923"),
        ("FREQ=WEEKLY;UNTIL=19970918T000000Z", START, "0902 0909 0916"),
        ("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", START, "0902 0904 0909 0911"),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            START,
            "0902 0904 0916 0918 0930 1002 1014 1016",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09-01T09:00:00",
            (
                "0901 0903 0905 0915 0917 0919 0929 1001 1003 1013 1015 1017 1027 "
                "1029 1031 1110 1112 1114 1124 1126 1128 1208 1210 1212 1222"
            ),
        ),
        (
            "FREQ=MONTHLY;COUNT=4;BYDAY=1FR",
            "1997-09-05T09:00:00",
            "0905 1003 1107 1205",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU",
            "1997-09-07T09:00:00",
            "0907 0928 1102 1130",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO",
            "1997-09-22T09:00:00",
            "0922 1020 1117",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28T09:00:00", "0928 1029 1128 1229"),
        (
            "FREQ=MONTHLY;COUNT=6;BYMONTHDAY=2,15",
            START,
            "0902 0915 1002 1015 1102 1115",
        ),
        (
            "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1",
            "1997-09-30T09:00:00",
            "0930 1001 1031 1101 1130",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04T09:00:00",
            "0904 1007 1106",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29T09:00:00",
            "0929 1030 1127 1230",
        ),
        (
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            "1997-09-13T09:00:00",
            "0913 1011 1108 1213",
        ),
    ],
)
def test_examples_of_rfc_5545_in_their_first_year(
    rule: str, start: str, expected: str
) -> None:
    assert _local(rule, start, 1997) == expected.split()
    assert rule_fault(_recurring(rule, start)) is None


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        (
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "1997-06-10T09:00:00",
            "0610 0710 0610 0710 0610 0710 0610 0710 0610 0710",
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
            "1997-03-10T09:00:00",
            "0310 0110 0210 0310 0110 0210 0310 0110 0210 0310",
        ),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01-01T09:00:00",
            "0101 0410 0719 0101 0409 0718 0101 0410 0719 0101",
        ),
        (
            "FREQ=YEARLY;BYDAY=20MO",
            "1997-05-19T09:00:00",
            "0519 0518 0517 0515 0514 0520 0519 0517 0516 0515",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;UNTIL=19990401T000000Z",
            "1997-03-13T09:00:00",
            "0313 0320 0327 0305 0312 0319 0326 0304 0311 0318 0325",
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
            "1998-02-13T09:00:00",
            "0213 0313 1113 0813 1013",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05T09:00:00",
            "1105 1107 1102",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;COUNT=3;BYMONTHDAY=10",
            "1997-09-10T09:00:00",
            "0910 0310 0910",
        ),
    ],
)
def test_examples_of_rfc_5545_over_ten_years(
    rule: str, start: str, expected: str
) -> None:
    assert _local(rule, start, *range(1996, 2007)) == expected.split()
    assert rule_fault(_recurring(rule, start)) is None


def test_a_day_that_a_month_does_not_have_is_left_out() -> None:
    found = _local("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15T09:00:00", 2007)

    assert found == ["0115", "0130", "0215", "0315", "0330"]


def test_the_first_weekday_of_a_week_decides_which_weeks_every_second_one_is() -> None:
    monday, sunday = (
        _local(
            f"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={day}",
            "1997-08-05T09:00:00",
            1997,
        )
        for day in ("MO", "SU")
    )

    assert monday == ["0805", "0810", "0819", "0824"]
    assert sunday == ["0805", "0817", "0819", "0831"]


@pytest.mark.parametrize("start", [2, 3, 4, 5])
@pytest.mark.parametrize("step", [2, 3, 52, 53])
@pytest.mark.parametrize("frequency", ["DAILY", "WEEKLY"])
def test_every_so_many_days_or_weeks_goes_on_over_the_ends_of_years(
    frequency: str, step: int, start: int
) -> None:
    recurring = _recurring(
        f"FREQ={frequency};INTERVAL={step}", f"2019-12-0{start}T09:00"
    )
    days = step * (7 if frequency == "WEEKLY" else 1)
    first = datetime(2019, 12, start, tzinfo=UTC).toordinal()

    found = [
        each.date for year in range(2019, 2030) for each in starts(recurring, year)
    ]

    last = datetime(2029, 12, 31, tzinfo=UTC).toordinal()
    expected = range(first, last + 1, days)
    assert found == [datetime.fromordinal(n).date().isoformat() for n in expected]


def test_times_that_clocks_skip_or_repeat_are_one_instant_each() -> None:
    rule = "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=30"
    found = starts(_recurring(rule, "2026-01-01T01:30:00"), 2026)

    spring = [shown(each.at) for each in found if each.date == "2026-03-08"]
    autumn = [shown(each.at) for each in found if each.date == "2026-11-01"]
    assert spring == ["03-08T06:30", "03-08T07:30"]
    assert autumn == ["11-01T05:30", "11-01T07:30", "11-01T08:30"]


def test_skipped_times_come_in_the_order_of_their_instants() -> None:
    rule = "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,45"
    found = starts(_recurring(rule, "2026-01-01T02:15:00"), 2026)

    spring = [shown(each.at) for each in found if each.date == "2026-03-08"]
    assert spring == ["03-08T07:15", "03-08T07:45"]


def test_until_is_an_instant_that_still_counts() -> None:
    rule = "FREQ=DAILY;UNTIL=20261103T140000Z"
    found = starts(_recurring(rule, "2026-10-30T09:00:00"), 2026)

    assert [each.date[-2:] for each in found] == ["30", "31", "01", "02", "03"]
    earlier = _recurring(rule.replace("140000", "135959"), "2026-10-30T09:00:00")
    assert starts(earlier, 2026) == found[:-1]


def test_a_rule_that_is_over_or_never_occurs_changes_nothing_more() -> None:
    over = Period(_recurring("FREQ=DAILY;COUNT=3", "2020-01-01T09:00:00"))
    never = Period(_recurring("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))

    assert next_change([over, never], utc("2026-01-01T00:00")) is None


def test_a_rule_of_leap_years_is_found_four_years_ahead() -> None:
    leap = Period(_recurring("FREQ=YEARLY", "2020-02-29T09:00:00"))

    assert next_change([leap], utc("2024-03-01T00:00")) == utc("2028-02-29T14:00")


REFUSED = {
    "": "has no value",
    "FREQ": "FREQ has no value",
    "FREQ=": "FREQ has no value",
    "RRULE:FREQ=DAILY": "must not begin with RRULE:",
    "FREQ=DAILY;": "an empty part has no value",
    "BYDAY=MO": "no FREQ",
    "FREQ=HOURLY": "FREQ=HOURLY is not supported",
    "FREQ=MINUTELY;INTERVAL=5": "FREQ=MINUTELY is not supported",
    "FREQ=daily": "FREQ must be one of",
    "freq=DAILY": "unknown rrule part 'freq'",
    "FREQ=DAILY;FREQ=DAILY": "given twice",
    "FREQ=DAILY;X-NAME=1": "unknown rrule part 'X-NAME'",
    "FREQ=DAILY;SKIP=FORWARD": "SKIP is not supported",
    "FREQ=DAILY;RSCALE=HEBREW": "RSCALE is not supported",
    "FREQ=YEARLY;BYEASTER=0": "BYEASTER is not supported",
    "FREQ=YEARLY;BYWEEKNO=20": "BYWEEKNO is not supported",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL must be from 1",
    "FREQ=DAILY;INTERVAL=1,2": "INTERVAL takes one number",
    "FREQ=DAILY;COUNT=0": "COUNT must be from 1",
    "FREQ=DAILY;COUNT=3;UNTIL=20261201T000000Z": "UNTIL and COUNT",
    "FREQ=DAILY;UNTIL=20261201": "UNTIL must be an instant in UTC",
    "FREQ=DAILY;UNTIL=20261201T000000": "UNTIL must be an instant in UTC",
    "FREQ=DAILY;UNTIL=20261301T000000Z": "UNTIL must be an instant in UTC",
    "FREQ=DAILY;BYHOUR=24": "BYHOUR must be from 0 to 23",
    "FREQ=DAILY;BYHOUR=x": "BYHOUR must be from 0 to 23",
    "FREQ=DAILY;BYSECOND=60": "BYSECOND must be from 0 to 59",
    "FREQ=MONTHLY;BYMONTHDAY=0": "but not 0",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY must be from -31 to 31",
    "FREQ=YEARLY;BYMONTH=13": "BYMONTH must be from 1 to 12",
    "FREQ=WEEKLY;BYMONTHDAY=1": "BYMONTHDAY has no meaning with FREQ=WEEKLY",
    "FREQ=MONTHLY;BYYEARDAY=1": "BYYEARDAY has no meaning with FREQ=MONTHLY",
    "FREQ=WEEKLY;BYDAY=1MO": "BYDAY takes no numbers with FREQ=WEEKLY",
    "FREQ=MONTHLY;BYDAY=6MO": "numbers in BYDAY are from 1 to 5",
    "FREQ=MONTHLY;BYDAY=0MO": "numbers in BYDAY are from 1 to 5",
    "FREQ=MONTHLY;BYDAY=MO,2TU": "mixes weekdays with and without numbers",
    "FREQ=WEEKLY;BYDAY=MON": "'MON' is not a weekday",
    "FREQ=WEEKLY;WKST=XX": "WKST must be one of",
    "FREQ=MONTHLY;BYSETPOS=1": "BYSETPOS needs another part",
    "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5": "more than 24 times a day",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30": "does not occur within 10 years",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29": "does not occur within 10 years",
}


@pytest.mark.parametrize(("rule", "message"), REFUSED.items())
def test_what_libraries_disagree_on_or_misread_is_refused(
    rule: str, message: str
) -> None:
    fault = rule_fault(_recurring(rule))

    assert fault is not None
    assert message in fault.message
    assert re.search("20[0-9]{2}", fault.hint) is None, "a date that will be past"


def test_a_start_off_the_rule_is_refused_with_the_first_that_is_on_it() -> None:
    fault = rule_fault(
        _recurring("FREQ=WEEKLY;BYDAY=SA;COUNT=3", "2026-11-29T18:00:00")
    )

    assert fault is not None
    assert fault.message == "start is not an occurrence of the rrule"
    assert fault.hint == "write start: 2026-12-05T18:00:00"
