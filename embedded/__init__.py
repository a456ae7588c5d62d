"""The embedded database, supervised by those who use it."""
