"""Checks of the Helm chart that need Go: ``make chart``."""
