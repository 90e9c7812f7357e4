"""A store in memory that keeps the contracts of the one in SQL."""
