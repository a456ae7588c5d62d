"""The people whose data this is."""
