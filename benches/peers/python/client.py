"""python-tuf's ngclient: `client.py <operation> <dir> <count>`, as the harness of the other contenders has it.

It stores what it trusts in a temporary folder, which it cannot do without.
"""

import sys
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

CHUNK = 64 << 10
LENGTH = 512 << 20
CONFIG = UpdaterConfig(
    max_root_rotations=1024,
    snapshot_max_length=LENGTH,
    targets_max_length=LENGTH,
)


class Cannot(Exception):
    """The client cannot do what is asked."""


class Files(FetcherInterface):
    """Reads the repository from the disk, and counts the bytes of its metadata."""

    def __init__(self, metadata):
        self.metadata = metadata
        self.fetched = 0

    def _fetch(self, url):
        try:
            file = open(url, "rb")
        except FileNotFoundError as error:
            raise DownloadHTTPError(str(error), 404) from error
        counts = url.startswith(self.metadata)
        with file:
            while chunk := file.read(CHUNK):
                if counts:
                    self.fetched += len(chunk)
                yield chunk


class Client:
    """One client, with a folder of its own."""

    def __init__(self, folder, files):
        self._open = ExitStack()
        self._own = Path(self._open.enter_context(TemporaryDirectory()))
        self._updater = Updater(
            str(self._own),
            files.metadata,
            target_base_url=f"{folder}/targets/",
            fetcher=files,
            config=CONFIG,
            bootstrap=(folder / "root.json").read_bytes(),
        )

    def __enter__(self):
        self._updater.refresh()
        return self

    def __exit__(self, *error):
        return self._open.__exit__(*error)

    def find(self, path, length):
        self._found = self._updater.get_targetinfo(path)
        if self._found is None:
            raise Cannot(f"{path}: not found")
        if self._found.length != length:
            raise Cannot(f"{path}: found with length {self._found.length}, not {length}")

    def artifact(self):
        self._updater.download_target(self._found, str(self._own / "artifact"))


def run(operation, folder, count, files):
    lines = (folder / "lookup.txt").read_text().splitlines()
    targets = [(path, int(length)) for path, length in (line.rsplit(" ", 1) for line in lines)]
    if operation in ("refresh", "find"):
        for _ in range(count):
            with Client(folder, files) as client:
                if operation == "find":
                    client.find(*targets[0])
    elif operation == "warm":
        with Client(folder, files) as client:
            for target in targets:
                client.find(*target)
            for target in islice(cycle(targets), count):
                client.find(*target)
    elif operation == "artifact":
        with Client(folder, files) as client:
            client.find(*targets[0])
            for _ in range(count):
                client.artifact()
    else:
        sys.exit("<operation> is refresh, find, warm or artifact")


def main():
    operation, folder, count = sys.argv[1:]
    files = Files(f"{folder}/metadata/")
    try:
        run(operation, Path(folder), int(count), files)
    except (Cannot, DownloadError, RepositoryError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(files.fetched)


main()
