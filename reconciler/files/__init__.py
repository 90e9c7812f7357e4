"""YAML files, with positions, to rosters."""
