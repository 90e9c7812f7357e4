"""The loop: observe, plan, note, act, note. It knows ports, no library."""
