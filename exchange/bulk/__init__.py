"""One change to many records."""
