"""What is said with a person about a record: notes, messages, ready-made replies, files."""
