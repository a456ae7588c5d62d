"""Coming in and going out: accounts, sessions, and how often somebody may try."""
