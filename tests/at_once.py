"""Operations that begin together, each in a connection of its own. PostgreSQL only."""

import threading
from collections.abc import Callable

from django.db import connection

from operations.errors import Refused


def at_once(*operations: Callable[[], object]) -> list[object]:
    """Start all operations together, each in a connection of its own; return what each gave or raised."""
    barrier = threading.Barrier(len(operations))
    results: list[object] = [None] * len(operations)

    def act(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            results[number] = operations[number]()
        except Refused as refusal:
            results[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(operations))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return results
