"""A made-up company's records, to try the panel with: people, consents, tickets and their histories.

Nobody in it exists. The same `now` gives the same records, ids included; only passwords, keys and
the accounts' session names differ each time.
"""

from demo.loader import Loaded, NotTheDemos, load, loaded, reset

__all__ = ["Loaded", "NotTheDemos", "load", "loaded", "reset"]
