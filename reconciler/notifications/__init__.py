"""Events to people: CloudEvents over HTTP, and Apprise."""
