"""Keeps live Twilio conferences equal to what a YAML file declares."""

__version__ = "0.1.0"
"""The only place that states the version; the build reads it from here."""
