"""The HTTP server: listener, limits and allowed hosts."""
