"""Exit code 0 when the web process of this container answers; for HEALTHCHECK. `--ready`: and is ready.

Asks from within, without the proxy: by the name that the portal is reached by, which it answers to.
"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

ALIVE, READY = "/api/health/status?live", "/api/health/status"


def main() -> int:
    """0 for an answer of 200, 1 for any other or none."""
    name = urlsplit(os.environ.get("PORTAL_URL", "")).netloc or "127.0.0.1"
    path = READY if "--ready" in sys.argv else ALIVE
    request = urllib.request.Request(f"http://127.0.0.1:8000{path}", headers={"Host": name})
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310 - this machine, by HTTP
            return 0 if answer.status == 200 else 1
    except OSError:
        # An answer of another status as well.
        return 1


if __name__ == "__main__":
    sys.exit(main())
