"""Families of rows: each measures with a Bench and gives lines of the table."""
