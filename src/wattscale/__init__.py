"""Wattscale."""
