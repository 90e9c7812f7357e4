"""Twilio: HTTP client and provider."""
