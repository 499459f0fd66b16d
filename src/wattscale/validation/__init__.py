"""Package validation."""
