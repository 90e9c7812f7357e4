"""Account and credentials of the simulator."""

from dataclasses import dataclass, field

from reconciler.simulator.exchange.sid import Sids


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """An account with its token and its API keys, as pairs of SID and secret.

    ``secret`` says that the credentials are somebody's own, and never shown.
    """

    sid: str
    token: str = field(repr=False)
    keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secret: bool = False

    def admits(self, user: str, password: str) -> bool:
        """Whether the pair opens this account: the token's, or an API key's."""
        return (user, password) in ((self.sid, self.token), *self.keys)


def make_account(seed: int | str) -> LocalAccount:
    """An account with one API key; the same seed gives the same secrets."""
    sids = Sids(f"account {seed}")
    return LocalAccount(sids.new("AC"), sids.new(""), ((sids.new("SK"), sids.new("")),))
