"""Keeping: the connection, the one place that writes, and what both need."""
