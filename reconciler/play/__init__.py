"""Deterministic simulation: the product against a local Twilio on virtual time."""
