"""Where people work from: the first page, queues, what is overdue, what they were told, help."""
