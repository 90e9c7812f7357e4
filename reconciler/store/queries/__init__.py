"""SQL, one module per group of tables."""
