"""Reading lists: what narrows them, what finds, and one page at a time."""
