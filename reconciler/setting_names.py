"""Names of settings, and what was probably meant by a name that is none."""

from collections.abc import Mapping

from reconciler.model.errors import SettingError
from reconciler.settings import DAEMON_NAMES, SECRET_NAMES, read_settings

PREFIXES = ("TWILIO_", "RECONCILER_")
"""What the names of settings begin with."""

_BEGINNINGS = ("RECON", "TWIL")
"""What a slip of a prefix begins with, too."""

_FILE = "_FILE"
_ALIKE = 0.75
"""How alike two names are, from 0 to 1, of which one is a slip of the other."""

_WHOLE_ALIKE = 0.9
"""The same of whole names, where the slip is in the prefix."""


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
    services. Those that begin with TWILIO_ may be for other programs.
    """
    known = setting_names()
    for name in sorted(environ.keys() - known):
        nearly = name.upper().startswith(_BEGINNINGS) and not name.startswith("TWILIO_")
        if nearly and (problem := slip(name, known)):
            raise SettingError(problem)


def slip(name: str, known: frozenset[str]) -> str:
    """What is wrong with *name* if it is a slip of a setting's, else nothing."""
    bare = name.removesuffix(_FILE)
    if name in known or bare in SECRET_NAMES:
        return ""
    if bare in known:
        return f"{name}: {bare} is no secret and is read from no file. Set {bare}"
    meant = meant_name(name, known)
    if meant is None:
        return ""
    return f"{name} is not a setting of reconciler. Did you mean {meant}?"


def meant_name(name: str, known: frozenset[str]) -> str | None:
    """The setting of which *name* is a slip, None without one: by case, or by letters."""
    from difflib import get_close_matches  # noqa: PLC0415 - for unknown names alone

    written = name.upper()
    bare = written.removesuffix(_FILE)
    if written != name and (bare in known or bare in SECRET_NAMES):
        return written
    prefix = next((each for each in PREFIXES if bare.startswith(each)), "")
    if not prefix:
        nearly = get_close_matches(bare, known, 1, _WHOLE_ALIKE)
        return nearly[0] if nearly else None
    words = [each.removeprefix(prefix) for each in known if each.startswith(prefix)]
    found = get_close_matches(bare.removeprefix(prefix), words, 1, _ALIKE)
    return prefix + found[0] if found else None
