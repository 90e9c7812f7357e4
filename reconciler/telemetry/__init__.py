"""Telemetry: metrics, health checks, logs and systemd notifications."""
