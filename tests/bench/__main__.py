"""Runs the benchmarks named on the command line, or all: `python -m tests.bench [phases] [import]`."""

import sys
from importlib import import_module
from pathlib import Path

import psycopg

from tests.bench.harness import fresh_database


def main() -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = sys.argv[1:] or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}\n")
        return 1
    try:
        for name in wanted:
            with fresh_database():
                import_module(f"tests.bench.bench_{name}").main()
    except psycopg.OperationalError as error:
        sys.stderr.write(f"Benchmarks need PostgreSQL; set BENCH_DATABASE_URL. {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
