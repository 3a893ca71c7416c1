"""The npm package http-message-signatures, as a signer and a verifier, through peer.mjs.

It can sign and verify all of the profile. What it cannot do, and peer.mjs does for it: digests, the
time at which to verify, and which components, parameters and nonce there have to be. What it cannot
do and the profile refuses: it resolves dot segments in a path, puts methods in upper case, ignores
parameters that it does not know, and takes the last of two members with one label.
"""

import json
import shutil
import subprocess
from pathlib import Path

from program import Program

HERE = Path(__file__).parent
INSTALLED = HERE.parents[2] / "target" / "interop-npm"
FILES = ("package.json", "package-lock.json")


class Npm(Program):
    name = "npm"
    is_server = False
    # It is good for its challenge alone, of which npm knows nothing.
    cannot_read = frozenset(["request-post-clock-of-1970"])
    cannot_sign = cannot_judge = frozenset()

    def __init__(self):
        super().__init__(["node", str(INSTALLED / "peer.mjs")])
        _install()

    def sign(self, drafts):
        """The signed messages, in the order of the drafts."""
        command = [*self.command, "sign"]
        given = json.dumps(drafts)
        return json.loads(subprocess.check_output(command, input=given, text=True))


def _install():
    """With peer.mjs beside the packages, where node looks for them."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    done = INSTALLED / "done"
    wanted = "".join((HERE / file).read_text() for file in FILES)
    if not done.exists() or done.read_text() != wanted:
        for file in FILES:
            shutil.copy(HERE / file, INSTALLED)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=INSTALLED, stdout=subprocess.DEVNULL, check=True)
        done.write_text(wanted)
    shutil.copy(HERE / "peer.mjs", INSTALLED)
