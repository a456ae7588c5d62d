"""What every record is, and the one way in which it is written and read."""

from records.storage.reader import find, rows

__all__ = ["find", "rows"]
