"""The door through which the product asks for flags: OFREP, and all flags of a module at once.

A WSGI callable that stands beside Django: the framework around an answer costs ten times the answer. It
answers by the same rules from what the process remembers (`follower`).
"""
