"""A roster that is restored keeps the policy that files keep."""

import pytest
from msgspec.structs import replace

from reconciler.model.policy import Ceilings, Policy
from reconciler.model.roster import Announcement, Member, Redial, Roster
from reconciler.planning.roster_faults import roster_faults

ANN = Member("ann", "+15551230001", "+15550100002")
URL = "https://bad.example/x"
NARROW = Policy(
    addresses=("+1",),
    callback_hosts=("good.example",),
    media_hosts=("good.example",),
    ceilings=Ceilings(attempts=3),
)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (replace(ANN, to="+445551230001"), "the policy allows +1"),
        (replace(ANN, to="+911"), "emergency"),
        (replace(ANN, redial=Redial(attempts=4)), "at most 3"),
        (replace(ANN, create_only=(("status_callback", URL),)), "good.example"),
        (replace(ANN, write_only=(("hold_url", URL),)), "good.example"),
        (replace(ANN, announcements=(Announcement("a", URL),)), "good.example"),
        (replace(ANN, create_only=(("sip_auth_password", "${HOME}"),)), "HOME"),
    ],
)
def test_what_no_file_may_declare_is_named(member: Member, said: str) -> None:
    (fault,) = roster_faults(Roster("board", (member,)), NARROW)
    assert fault.startswith("ann: ")
    assert said in fault


def test_what_files_may_declare_has_no_fault() -> None:
    fields = (("status_callback", "https://good.example/x"),)
    allowed = replace(ANN, create_only=fields, redial=Redial(attempts=3))
    assert list(roster_faults(Roster("board", (allowed,)), NARROW)) == []
