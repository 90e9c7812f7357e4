"""Refuses requests that another site has a browser send.

A browser says where a request comes from: in ``Sec-Fetch-Site``, and in ``Origin``
of every POST. A program that sends a bearer token needs neither: no browser adds one.
"""

from starlette.requests import Request

_OWN = frozenset({"same-origin", "none"})


def refusal(request: Request, own: str) -> str:
    """Why a POST is refused, "" if it comes from the page at the origin *own*."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is None:
        return "the browser does not say which page sent this request"
    if site is not None and site != "same-origin":
        return "this request comes from another site"
    if origin is not None and origin != own:
        return f"this request comes from another origin than {own}"
    return ""


def embedded(request: Request) -> bool:
    """Whether another site asks for a part of the page, and not a person for it."""
    site = request.headers.get("sec-fetch-site", "none")
    return site not in _OWN and request.headers.get("sec-fetch-mode") != "navigate"
