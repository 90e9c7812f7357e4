"""Caches, batched reads and coalesced requests."""
