"""Limits of the requests to an account: rate, slow start, requests in flight."""
