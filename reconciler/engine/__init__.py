"""Reconciliation: observe, plan, record, apply, record. Depends on ports only."""
