"""Do one deed to many records, a few hundred in each transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bson import ObjectId

from documents.work.task import Task
from exchange.bulk.bulk_actions import BulkAction, Selection
from jobs.task_worker import Turn, Worker


class BulkChange(Worker):
    """A deed over a selection, in the order of the records' ids."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        asked = task.params
        self.selection = Selection.read(asked["selection"])
        self.deed = BulkAction(self.selection.kind, asked["deed"], task.reason or "", asked.get("values", {}))

    def count(self) -> int:
        return self.selection.count()

    def items(self) -> Iterator[ObjectId]:
        for row in self.selection.ids(self.task.cursor):
            yield row["_id"]

    def do(self, items: Sequence[ObjectId], now: datetime) -> Turn:
        outcome = self.deed.do(items, self.selection.where(), now)
        return Turn(outcome.done, problems=outcome.problems)

    def label(self, item: ObjectId) -> str:
        row = next(iter(Selection(self.selection.kind, {}, self.selection.at, "UTC", (item,)).sample(1)), {})
        name = self.selection.kind.policy.label
        field = self.selection.kind._fields[name].db_field
        return str(item if name in self.selection.kind.personal() else row.get(field, item))
