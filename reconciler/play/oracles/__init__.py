"""Promises, each judged while a run goes on or at its end."""
