"""Bringing in what other programs wrote down: spreadsheets, read row by row as a mapping says.

`table` reads a file, `rows` makes records of its rows, `run` stores them; `mappingfile` reads what
stands where. Each can be used alone: a preview is rows that nobody stores.
"""

from documents.importing.faults import Fault, ImportRefused
from documents.importing.mapping import Mapping
from documents.importing.mappingfile import mapping_named, mapping_of, shipped
from documents.importing.result import Result
from documents.importing.run import import_file

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
