"""Words and languages: what is said on screen, in mails and in files, and in which language."""
