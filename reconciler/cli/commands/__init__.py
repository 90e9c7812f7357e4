"""The commands: a module a command or a family of them."""
