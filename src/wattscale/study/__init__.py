"""Package study."""
