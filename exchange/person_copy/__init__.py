"""The copy of a person's data that they may ask for."""
