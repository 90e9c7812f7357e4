"""Twilio over HTTP: the wire, the client and the provider."""
