from tests.no_proxy import no_proxy_of_this_machine  # noqa: F401 - a fixture
