"""One room: evaluate it, reconcile it, apply the plan, record the outcome."""
