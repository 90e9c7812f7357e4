"""The daemon's loop over all rooms, and the loop of a sync."""
