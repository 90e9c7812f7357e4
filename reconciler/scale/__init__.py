"""Several daemons on one database: shards of rooms, and marks between daemons."""
