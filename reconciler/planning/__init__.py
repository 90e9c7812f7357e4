"""Pure decisions: desired, observed and remembered in; a plan out."""
