"""Package outlook."""
