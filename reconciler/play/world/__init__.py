"""One run: virtual time, exchange, store, network and processes."""
