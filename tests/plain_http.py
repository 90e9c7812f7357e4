"""HTTP requests to servers on loopback, by one client.

To make a client costs more than a request, and a test asks until it has its answer.
"""

import httpx

CLIENT = httpx.Client(
    verify=False,  # noqa: S501 - no TLS on loopback
    trust_env=False,
    timeout=60,
    limits=httpx.Limits(max_keepalive_connections=0),
)
