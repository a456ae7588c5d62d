"""The people who work with Steward."""
