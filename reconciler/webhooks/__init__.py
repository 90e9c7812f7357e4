"""Twilio's webhooks: receiver, signature, payload and public URL."""
