"""Delivery of webhooks, and its faults."""
