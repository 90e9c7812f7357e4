"""Sources of what is known about each switch, with dates.

"Not documented" means that no page, recording or code was found that answers it.
"""

from collections.abc import Mapping
from typing import Final

_UPDATE = "Twilio: update a conference participant resource (2026-04)"
_LIST = "Twilio: read multiple conference participant resources (2026-04)"

SOURCES: Final[Mapping[str, str]] = {
    "list_shows_ringing": f"Contested. {_LIST}: participants that are 'connecting to' a "
    "conference are listed. twilio-voice-js-reference-components (2026-06): a callee is "
    "no participant until it answers.",
    "label_held_while_ringing": "Not documented. Twilio error 16026 (2023) speaks of "
    "'active' participants.",
    "list_lag": "techmatters/flex-plugins (2023) polls because a participant is listed "
    "after its own leave event; a production client (2026) met a join event before the "
    "participant was listed.",
    "list_change_lag": "Not documented. Twilio: call resource calls itself eventually "
    "consistent (2026-04); of participants nothing is said.",
    "conferences_list_lag": "bmlt-enabled/yap pull request 827 (2023-08) and issues 1562 "
    "to 1635 (2026-09): a new conference is missing from the list by FriendlyName for up "
    "to 2 s, and is asked for up to four times in production.",
    "conferences_without_status": "Twilio changelog (2026-07-13; for some accounts "
    "2026-09-30): without Status only in-progress conferences are listed, completed ones "
    "must be asked for.",
    "status_init": "Not documented since that change. Production code of 2026 finds a "
    "lone waiting caller under Status=in-progress; Twilio error 16099 says such a "
    "conference is not in progress.",
    "ended_conference_missing_seconds": "Not documented. Twilio changelog (2026-07-13): "
    "completed conferences are kept in a separate system.",
    "new_call_missing_seconds": "Twilio: call resource (2026-04): the resource is "
    "eventually consistent. How long is not said.",
    "call_lag": "Twilio: call resource (2026-04): the resource is eventually consistent.",
    "calls_list_lag": "Twilio: call resource (2026-04): the resource is eventually "
    "consistent.",
    "ended_listed_seconds": "Not documented. The OpenAPI (2026-04) has status complete in "
    "an answer to an update; no list with it was found.",
    "connecting_seconds": "Not documented. The OpenAPI (2026-04) names the state.",
    "update_ringing": "Two Flex plugins of Twilio's (flex-project-template pull request "
    "249, 2023-06; flex-dialpad-addon-plugin, 2022-10) leave updates of connecting "
    "participants out because they fail. The code is not known.",
    "change_of_gone": "Twilio: 404 for a participant that has left (2026-04). Errors 16001 "
    "and 16099 are the other candidates; their HTTP status is not documented.",
    "withheld_caller": "Twilio: how are anonymous calls shown (2023): five stand-in "
    "numbers spell ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE; words come "
    "from SIP callers.",
    "delete_ringing": "flex-project-template pull request 249 (2023-06): removing a "
    "connecting participant works. Not documented.",
    "kick_call_status": "Not documented. Twilio: call resource (2026-04) names canceled "
    "for calls that ring.",
    "kick_reason": "Weak. A production client (2026) meets participant_updated_via_api.",
    "coach_when_target_leaves": "Not documented; audible is the dangerous answer and "
    "therefore the default.",
    "coaching_flag_when_target_leaves": "Not documented.",
    "retarget_in_one_post": f"Not documented. {_UPDATE} does not forbid it.",
    "end_flag": "flex-dialpad-addon-plugin issue 60 (2022-10) and flex-project-template "
    "pull request 80 (2022-11): on hold the change is answered well and has no effect. "
    "twilio-go issue 259 (2025-01): it takes together with Hold.",
    "muted_while_waiting": "Not documented. agent-call (2026) sends Muted=false to be sure.",
    "status_null": "Twilio support: Voice Conference API improvements (2019-09): null "
    "before that change.",
    "conference_visible_before_connect": "A live account of 2023-04 (airbyte "
    "source-twilio's recorded data): a conference that only busy legs ever had is listed.",
    "early_media_counts": "agent-call pull request 7 (2026): conference-start came while "
    "the other leg still rang.",
    "ringing_keeps_room": "A live account of 2023-04 (airbyte source-twilio's recorded "
    "data): a conference outlived its first busy legs and ended with the last one, as "
    "last-participant-left.",
    "ringing_when_room_ends": "Not documented.",
    "name_race_seconds": "Twilio: conference resource (2026-04): one conference of a name "
    "at a time is in progress. What two creates at once do is not documented.",
    "conference_post_by_name": "Not documented. The OpenAPI (2026-04) has no pattern for "
    "the SID of this request.",
    "complete_while_dialing": "twilio-node issue 681 (2021-07): ending a conference fails "
    "while a leg is being dialed. Status and code are not known.",
    "ending_seconds": "twilio-node issue 663 (2021-03): ending a conference that is ending "
    "answers 400, bad request.",
    "complete_refused_code": "Not known: twilio-node issues 663 and 681 (2021) show no "
    "code.",
    "complete_twice": "twilio-node issue 663 (2021-03): 400. agent-call (2026) treats 404 "
    "as success.",
    "queued_call_dated": "A live account of 2023-04 (airbyte source-twilio's recorded "
    "data): both are equal even after 6 s in the queue. Which moment they are is not "
    "documented.",
    "queued_call_matches_start_time": "Not documented.",
    "label_case_sensitive": "Not documented. Twilio error 20404 (2023): the API is "
    "case-sensitive.",
    "label_with_dot": "Not documented. Paths end in .json.",
    "leave_event_when_never_joined": "Twilio: conference events (2026-04) have the reason "
    "participant_add_failed; no recording shows one.",
    "sequence_base": "A production client's account of its events (2026): the first number "
    "is 1, counted per conference.",
    "start_event": "Production code of 2023 and 2026: no conference-start for some bridges "
    "made by REST.",
    "join_before_start": "bmlt-enabled/yap and a recorded order of events (2023): join "
    "first. Against the second join: not documented.",
    "error_status_16xxx": "Not documented; 400 is likelier.",
    "retry_after_on_429": "Not documented; connectors obey it if it is there (2026).",
    "concurrency": "Twilio error 20429 (2023): the limit is requests at once per account; "
    "the number is not published.",
    "idempotency_token": "Not documented for requests. CORS answers have allowed "
    "Idempotency-Key since 2022; nobody shows an effect.",
    "equal_bytes": "A live account of 2023-04: keys come in no stable order.",
    "next_page_absolute": "Twilio: paging (2026-04) and recordings of 2021: the address "
    "is relative. Compatible services differ.",
}
