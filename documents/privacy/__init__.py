"""What is personal: whose it is, what it may be used for, and how it ends."""
