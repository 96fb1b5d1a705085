"""Opens the chat: ``python app.py``, then the address it prints.

Builds the index from the folder of profiles when there is none yet; after that only serves, as
``askpartner serve`` does. What is set by ``ASKPARTNER_…`` applies to both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from askpartner.cli import BAD_INPUT
from askpartner.errors import AskpartnerError, IndexMissing
from askpartner.settings import load_settings
from askpartner.web.server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Index if need be, then serve until interrupted; returns the exit code."""
    parser = argparse.ArgumentParser(prog="app.py", description="Open the chat in a browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings()
        try:
            serve(settings, host=given.host, port=given.port)
        except IndexMissing:
            print("There is no index yet; building it from the profiles.", file=sys.stderr)
            # In a process of its own: the packages that build an index are large, and a server
            # never needs them.
            build = [sys.executable, "-m", "askpartner.cli", "index"]
            code = subprocess.run(build, check=False).returncode
            if code not in (0, BAD_INPUT):  # pages that cannot be read are told and left out
                return code
            serve(settings, host=given.host, port=given.port)
    except AskpartnerError as error:
        print(f"askpartner: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
