"""The pages of a record, each subject in a file of its own; `admin.registered` puts them together."""
