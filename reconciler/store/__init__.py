"""The desired state and the ledger in SQL."""
