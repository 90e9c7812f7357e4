"""Measures what Twilio does not document, with addresses that the operator gives."""
