"""By when: promised times, the working time they count in, and who is told as they pass."""
