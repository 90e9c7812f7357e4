"""An HTTP/1.1 transport for httpx; it knows nothing of Twilio."""
