"""Starts a server, by the path of this folder: ``python tests/support/standin '{"run_s": 0.2}'``."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # else the modules would have no package

from tests.support.standin.server import serve

if __name__ == "__main__":
    server = serve(json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
