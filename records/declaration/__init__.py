"""The words a declaration is made of, and the one list of what is declared."""
