"""Names of settings, and what was probably meant by a name that is none."""

from collections.abc import Iterator, Mapping

from reconciler.model.errors import SettingError
from reconciler.settings import DAEMON_NAMES, SECRET_NAMES, read_settings

PREFIXES = ("TWILIO_", "RECONCILER_")
"""What the names of settings begin with."""

_OURS = "RECONCILER_"
_FILE = "_FILE"
_ALIKE = 0.75
"""How alike two names are, from 0 to 1, of which one is a slip of the other."""


def setting_names() -> frozenset[str]:
    """The names of all variables that are read."""
    names = set(DAEMON_NAMES)

    class Recording(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            names.add(name)
            return default

    read_settings(Recording(), lambda path: path)
    return frozenset(names)


def require_meant(environ: Mapping[str, str]) -> None:
    """SettingError for a variable of *environ* that is a slip of a setting's name.

    Other variables may begin with RECONCILER_ too: Kubernetes names them after
    services.
    """
    ours = [each for each in environ if each.upper().startswith(_OURS)]
    for problem in _slips(ours, setting_names()):
        raise SettingError(problem)


def _slips(names: list[str], known: frozenset[str]) -> Iterator[str]:
    for name in sorted(set(names) - known):
        bare = name.removesuffix(_FILE)
        if bare in SECRET_NAMES:
            continue
        if bare in known:
            yield f"{name}: {bare} is no secret and is read from no file. Set {bare}"
        elif meant := meant_name(name, known):
            yield f"{name} is not a setting of reconciler. Did you mean {meant}?"


def meant_name(name: str, known: frozenset[str]) -> str | None:
    """The setting of which *name* is a slip, None without one: by case, or by letters."""
    from difflib import get_close_matches  # noqa: PLC0415 - for unknown names alone

    written = name.upper()
    bare = written.removesuffix(_FILE)
    if written != name and (bare in known or bare in SECRET_NAMES):
        return written
    prefix = next((each for each in PREFIXES if bare.startswith(each)), "")
    words = [each.removeprefix(prefix) for each in known if each.startswith(prefix)]
    found = get_close_matches(bare.removeprefix(prefix), words, 1, _ALIKE)
    return prefix + found[0] if found else None
