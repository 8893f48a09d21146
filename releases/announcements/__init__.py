"""Announcements: what users are told, by whom, to whom, when and through what.

`publishing` holds the verbs, `windows` and `due` what happens by the clock, `mails` what is written.
"""
