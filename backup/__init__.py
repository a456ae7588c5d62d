"""Backups: the data in one folder, the keys in another, and back again into an empty database (R99)."""

from backup.archive import BackupRefused
from backup.create import create_backup, create_key_backup
from backup.restore import restore_backup, restore_is_running

__all__ = ["BackupRefused", "create_backup", "create_key_backup", "restore_backup", "restore_is_running"]
