"""Bringing in what other programs wrote down: spreadsheets, read row by row as a mapping says.

`table` reads a file, `rows` makes records of its rows, `run` stores them; `mappingfile` reads what
stands where. Each can be used alone: a preview is rows that nobody stores.
"""

from exchange.importing.importer import import_file
from exchange.importing.mapping import Mapping
from exchange.importing.mapping_file import mapping_named, mapping_of, shipped
from exchange.importing.result import Result
from exchange.importing.row_errors import Fault, ImportRefused

__all__ = [
    "Fault",
    "ImportRefused",
    "Mapping",
    "Result",
    "import_file",
    "mapping_named",
    "mapping_of",
    "shipped",
]
