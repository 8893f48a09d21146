"""Pages for people without a login: the form, and a reporter's own ticket."""
