"""How long records are kept, and how a purge is limited and approved."""
