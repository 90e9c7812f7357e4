"""What a person decides about rooms, for the command line and the operators' page."""
