"""Promises, each judged during a run or at its end."""
