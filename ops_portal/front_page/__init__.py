"""The front page of the admin: what waits for the reader, what rolls out and how far, whether it is healthy.

`page.of(actor)` reads it in a fixed number of queries, as far as the reader may see it. It is made of parts,
each rendered for itself: the page's script asks for them again (`view`) and exchanges those that changed.
"""
