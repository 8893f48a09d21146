"""A Redis server of the tests' own, to be emptied and stopped."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.faults.portal import until
from tests.faults.private_postgres import free_port


class PrivateRedis:
    """One instance in a folder of its own, on a free port of this machine, that writes nothing down."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="ops-portal-faults-redis-"))
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["redis-server", *options, "--dir", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, 10)

    def stop(self) -> None:
        """As a crash would: connections break, everything in it is gone."""
        self._process.kill()
        self._process.wait()

    def empty(self) -> None:
        """Forget every key: the queue, what was taken from it and not acknowledged, the cache."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @staticmethod
    def why_not() -> str:
        """What is missing here to run one; "" where nothing is."""
        return "" if shutil.which("redis-server") else "redis-server is not installed"

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
