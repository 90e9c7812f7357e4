"""The operators' web page: views over what the daemon knows, and decisions."""
