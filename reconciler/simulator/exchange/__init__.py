"""The telephone world: conferences, participants and calls, without I/O."""
