"""Twilio's REST API, and the simulator's control API, over HTTP."""
