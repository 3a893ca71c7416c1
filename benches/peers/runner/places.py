"""Where things are."""

import os
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1]
REPOSITORY = PEERS.parents[1]
RESULTS = PEERS / "results"

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
BUILD = TARGET / "peers"
DATA = TARGET / "bench-data"
PUBLISHED = TARGET / "peers-published"
TRIED = TARGET / "peers-tried"
VENV = TARGET / "peers-venv"
MEASURE = BUILD / "release" / "measure"
