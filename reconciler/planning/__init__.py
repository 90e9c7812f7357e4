"""Pure planning: desired, observed and recorded state in; a plan out."""
