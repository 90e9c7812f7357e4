"""Reads saved: caches, batches and coalesced requests."""
