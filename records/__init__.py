"""What every record is, and the one way in which it is written and read."""
