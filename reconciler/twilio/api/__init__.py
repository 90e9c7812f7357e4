"""Twilio's REST API: resources, error codes, pagination and the session."""
