"""Domain model: rosters, observations, attempts, actions, errors. Pure."""
