"""Others that check unchanged rooms: each good of its kind, each in its process."""
