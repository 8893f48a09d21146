"""How each kind of channel is reached. Each module has the same three functions:

- `clean(address)` returns the address as it is kept, and raises ValueError with the rule that it breaks;
- `masked(address)` is the address fit for a page or a log;
- `deliver(channel, message)` sends one message and raises what the outbox knows.
"""
