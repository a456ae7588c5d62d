"""Pages about many records: retention, the data inventory, causes and survey of complaints, the jobs."""
