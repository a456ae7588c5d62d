"""Backups: the data in one folder, the keys in another, and back again into an empty database (R99)."""

from documents.backup.archive import BackupRefused
from documents.backup.restoring import restore, under_way
from documents.backup.taking import back_up, back_up_keys

__all__ = ["BackupRefused", "back_up", "back_up_keys", "restore", "under_way"]
