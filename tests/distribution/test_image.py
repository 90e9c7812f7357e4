"""The container image and the systemd unit grant no more than they must."""

import re
import shlex
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.systemd_unit import systemd_unit

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = (ROOT / "deploy/Containerfile").read_text("utf-8")
BUILD, RUNTIME, SIMULATOR, DAEMON = CONTAINERFILE.split("\nFROM ")[1:]


def _instructions(word: str, stage: str = CONTAINERFILE) -> list[str]:
    lines = stage.replace("\\\n", " ").splitlines()
    return [line.removeprefix(word).strip() for line in lines if line.startswith(word)]


def test_the_base_image_is_an_argument_without_a_default() -> None:
    assert "ARG BASE_IMAGE" in CONTAINERFILE.splitlines()[:3]
    assert not re.search(r"ARG BASE_IMAGE=", CONTAINERFILE)
    assert _instructions("FROM ") == [
        "${BASE_IMAGE} AS build",
        "${BASE_IMAGE} AS runtime",
        "runtime AS simulator",
        "runtime",
    ]


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("python:3.13-slim@sha256:" + "0" * 64, 0),
        ("python:3.13-slim", 64),
        ("python:latest", 64),
        ("", 64),
    ],
)
@pytest.mark.process
def test_the_build_refuses_a_base_image_without_a_digest(image: str, code: int) -> None:
    (guard,) = [each for each in _instructions("RUN ") if "BASE_IMAGE" in each]

    done = subprocess.run(
        ["sh", "-c", guard],
        env={"BASE_IMAGE": image},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert ("Name the base image with its digest" in done.stderr) is bool(code)


def test_the_image_installs_pinned_runtime_packages_alone() -> None:
    installs = [
        each.strip()
        for run in _instructions("RUN ")
        for each in run.split("&&")
        if "/pip " in each
    ]
    required = [re.findall(r"--requirement (\S+)", each) for each in installs]
    assert required == [["constraints/build.txt"], ["constraints/image.txt"], []]
    for each in installs:
        assert "--require-hashes" in each or "--no-index" in each
        assert "--no-deps" in each


def test_the_image_has_no_installer_and_runs_as_nobody() -> None:
    assert "venv --without-pip /opt/reconciler" in BUILD
    copied = re.findall(r"COPY --from=build (\S+)", RUNTIME)
    assert copied == ["/opt/reconciler"]
    removed = re.findall(r"rm -rf (.*?)\s*\\?\n", RUNTIME)[0].split()
    assert {"/usr/local/bin/pip*"} <= set(removed)
    assert any(each.endswith("/ensurepip") for each in removed)
    assert _instructions("USER ") == ["65532:65532"]
    assert not re.search(r"(TOKEN|SECRET|PASSWORD)=", CONTAINERFILE)


def test_the_image_publishes_the_port_for_webhooks_alone() -> None:
    assert _instructions("EXPOSE ", DAEMON) == ["8080"]
    assert "ADMIN_LISTEN" not in CONTAINERFILE


def test_the_image_has_its_health_asked_and_its_labels_and_notices() -> None:
    (check,) = _instructions("HEALTHCHECK ", DAEMON)
    assert "/livez" in check
    labels = dict(
        each.split("=", 1)
        for label in _instructions("LABEL ")
        for each in shlex.split(label)
    )
    assert labels["org.opencontainers.image.title"] == "conference-reconciler"
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert "deploy/NOTICE docs/licenses.md" in RUNTIME


def test_the_image_of_the_simulator_has_its_port_and_its_health_asked() -> None:
    assert _instructions("ENTRYPOINT ", SIMULATOR) == ['["reconciler", "simulate"]']
    assert _instructions("EXPOSE ", SIMULATOR) == ["8700"]
    (check,) = _instructions("HEALTHCHECK ", SIMULATOR)
    assert "127.0.0.1:8700/simulator/switches" in check


def test_what_the_image_copies_exists_and_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    sent = [line[1:] for line in lines if line.startswith("!")]
    copied = [each.split()[:-1] for each in _instructions("COPY ") if each[0] != "-"]
    for source in (each for sources in copied for each in sources):
        assert (ROOT / source).exists(), source
        assert source in sent, source
    hidden = [".git", ".venv", "tests", "reconciler.db", "dist", "build"]
    assert not any(fnmatch(each, pattern) for each in hidden for pattern in sent)


def test_the_unit_leaves_no_secret_in_core_files_or_a_shared_keyring() -> None:
    service = systemd_unit("reconciler.service")["Service"]
    assert service["LimitCORE"] == "0"
    assert service["KeyringMode"] == "private"
