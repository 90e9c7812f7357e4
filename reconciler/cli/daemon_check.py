"""What ``doctor`` says of the settings that only the daemon reads."""

import click

from reconciler.bootstrap.daemon_listeners import UNREACHABLE
from reconciler.bootstrap.page_source import require_page
from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import USAGE
from reconciler.page.token_file import TokenFile
from reconciler.server.listener import host_and_port
from reconciler.settings import Settings


def daemon_finding(of: Settings, daemon: click.Command) -> Finding:
    """Whether *daemon* would take its options from the environment, and the page its files.

    Nothing listens, and nothing is started.
    """
    try:
        given = daemon.make_context("reconciler daemon", []).params
        _require_reachable(of, given["public_url"])
        _require(of, given["listen"], given["admin_listen"], given["page_listen"])
    except click.UsageError as error:
        return Finding("daemon", Level.FAIL, error.format_message(), USAGE)
    except SettingError as error:
        return failed("daemon", error)
    return passed("daemon", f"resync every {given['resync']:g} s")


def _require_reachable(of: Settings, url: str | None) -> None:
    """SettingError if Event Streams is to deliver, and has no URL to deliver to."""
    if of.event_streams and url is None:
        raise SettingError(UNREACHABLE)


def _require(of: Settings, listen: str, admin: str, page: str | None) -> None:
    """SettingError if an address, or the page's token file, is wrong."""
    host_and_port(listen, "--listen")
    host_and_port(admin, "--admin-listen")
    if page is not None:
        require_page(page, of.page)
    if of.page.tokens or of.page.token_lines:
        TokenFile.open(of.page.tokens, of.page.token_lines)
