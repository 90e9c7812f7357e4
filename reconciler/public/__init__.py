"""The Python API: what ``import reconciler`` offers. See docs/api.md."""
