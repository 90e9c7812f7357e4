"""Databases: URL, connections, threads and errors of the driver."""
