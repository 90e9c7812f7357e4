"""Recordings of what decisions rested on, and replaying them."""
