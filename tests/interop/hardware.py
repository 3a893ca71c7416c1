"""Has python-tuf's client read what a key in a PKCS#11 token signed.

    hardware.py PROGRAM

PROGRAM is that of examples/hardware_signing; SoftHSM2 stands in for the hardware. The client has to
accept the repository, and to refuse it without the token's signature, or with a changed one.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from tuf.api.exceptions import UnsignedMetadataError

sys.path.append(str(Path(__file__).parent / "written"))

from devices import PythonTuf  # noqa: E402
from folder_server import FolderServer  # noqa: E402

TOKEN = Path(__file__).parents[2] / "examples/hardware_signing/token.sh"
PATH = "lamp/1.0/firmware.bin"


def publish(program, folder):
    """Makes a token and a repository; the repository's folder, and what the program told."""
    subprocess.run([TOKEN, folder / "token", program], check=True)
    web, environment = folder / "web", dict(os.environ)
    for line in (folder / "token/environment").read_text().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        environment[name] = value.strip("'")
    done = subprocess.run(
        [program, "publish", web], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    print(done.stdout, end="")
    pin = (folder / "token/pin").read_text()
    for file in (folder / "web").rglob("*.*"):
        assert not file.is_file() or pin.encode() not in file.read_bytes()
    assert pin not in done.stdout
    return web, done.stdout


def main():
    program = Path(sys.argv[1]).resolve()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the old name of P-256 keys
    with tempfile.TemporaryDirectory() as temporary, FolderServer() as server:
        folder = Path(temporary)
        server.folder, told = publish(program, folder)
        assert "a device verified" in told and "a claim" in told, told
        root = server.folder / "metadata/1.root.json"
        targets = server.folder / "metadata/1.targets.json"
        document = json.loads(targets.read_text())
        signed = json.loads(root.read_text())["signed"]
        keys = signed["keys"]
        role = signed["roles"]["targets"]
        assert (len(role["keyids"]), role["threshold"], len(document["signatures"])) == (3, 2, 2)
        ecdsa = [s for s in document["signatures"] if keys[s["keyid"]]["keytype"] == "ecdsa"]
        assert len(ecdsa) == 1, "one signature is the token's"

        def update(name):
            return PythonTuf(folder / name, root, server).update([PATH])["found"][PATH]

        assert update("good")["downloaded"] == update("again")["sha256"]
        print("python-tuf accepts it")
        token, broken = ecdsa[0], dict(ecdsa[0])
        last = int(token["sig"][-1], 16)
        broken["sig"] = f"{token['sig'][:-1]}{last ^ 1:x}"
        others = [s for s in document["signatures"] if s != token]
        for name, signatures in {"without": others, "broken": [*others, broken]}.items():
            targets.write_text(json.dumps({**document, "signatures": signatures}))
            try:
                update(name)
            except UnsignedMetadataError as error:
                print(f"python-tuf refuses it, {name}: {error}")
            else:
                raise SystemExit(f"hardware.py: python-tuf accepts it, {name}")


if __name__ == "__main__":
    main()
