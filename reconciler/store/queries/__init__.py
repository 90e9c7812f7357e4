"""SQL, a module a group of tables."""
