"""Keeps live Twilio conferences equal to what a YAML file declares."""
