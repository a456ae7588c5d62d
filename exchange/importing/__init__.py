"""Bringing in what other programs wrote down: spreadsheets, read row by row as a mapping says.

`table` reads a file, `rows` makes records of its rows, `run` stores them; `mappingfile` reads what
stands where. Each can be used alone: a preview is rows that nobody stores.
"""

from exchange.importing.importer import import_file
from exchange.importing.mapping import Mapping
from exchange.importing.mapping_file import builtin_mappings, load_mapping, parse_mapping
from exchange.importing.result import Result
from exchange.importing.row_errors import ImportRefused, RowError

__all__ = [
    "ImportRefused",
    "Mapping",
    "Result",
    "RowError",
    "builtin_mappings",
    "import_file",
    "load_mapping",
    "parse_mapping",
]
