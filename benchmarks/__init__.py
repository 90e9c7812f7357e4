"""What the product costs, beside others that do the same: ``python -m benchmarks``."""
