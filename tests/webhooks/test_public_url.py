"""The public URL, and what Twilio is told to call."""

import pytest

from reconciler.model.errors import SettingError
from reconciler.twilio.api import form
from reconciler.webhooks.public_url import callbacks, prefix, public_url


@pytest.mark.parametrize(
    ("text", "url", "path"),
    [
        ("https://a.example", "https://a.example", ""),
        (" https://a.example/ ", "https://a.example", ""),
        ("http://127.0.0.1:8080/x/", "http://127.0.0.1:8080/x", "/x"),
        ("https://a.example/caf%C3%A9", "https://a.example/caf%C3%A9", "/café"),
    ],
)
def test_a_public_url_may_have_a_path_and_a_final_slash(
    text: str, url: str, path: str
) -> None:
    assert public_url(text) == url
    assert prefix(url) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https://me:secret@a.example",
        "https://a.example?x=1",
        "https://a.example#rc=3",
        "https://a.example:0",
        "https://a.example:70000",
        "https://[::1",
    ],
)
def test_what_is_no_public_url_is_refused_without_repeating_secrets(text: str) -> None:
    with pytest.raises(SettingError, match="--public-url") as caught:
        public_url(text)
    assert "secret" not in str(caught.value)


def test_every_create_says_the_same_of_the_conference() -> None:
    mine = dict(callbacks("https://a.example", room="a"))
    other = dict(callbacks("https://a.example", room="b/ü"))
    differing = {name for name in mine if mine[name] != other[name]}
    assert differing == {"status_callback"}
    assert mine["status_callback"] == "https://a.example/hooks/call?room=a"
    assert dict(callbacks("https://a.example"))["status_callback"] == (
        "https://a.example/hooks/call"
    )


def test_the_parameters_are_those_of_a_create_and_ask_for_every_event() -> None:
    sent = form.encode(callbacks("https://a.example"), form.Request.CREATE)
    asked = [value for name, value in sent if name == "ConferenceStatusCallbackEvent"]
    assert " ".join(asked) == "start end join leave mute hold modify"
    asked = [value for name, value in sent if name == "StatusCallbackEvent"]
    assert " ".join(asked) == "initiated ringing answered completed"
