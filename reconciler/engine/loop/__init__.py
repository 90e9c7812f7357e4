"""The loops: the daemon over all rooms, and a sync until rooms are converged."""
