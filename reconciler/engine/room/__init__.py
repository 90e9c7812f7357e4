"""One room: evaluate, reconcile, apply, record."""
