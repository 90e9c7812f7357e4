"""What we talk about: desired rosters, observed rooms, attempts, actions, errors."""
