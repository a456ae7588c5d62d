"""The commands of `app.py`, one file a subject: each adds its own to the group."""
