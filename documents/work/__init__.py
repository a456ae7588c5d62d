"""Long work: one deed done to many records, and the files it needs."""
