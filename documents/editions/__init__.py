"""What is published edition by edition: written, approved by somebody else, in force from a day, replaced."""
