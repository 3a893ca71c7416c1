"""Signed requests and responses, ours for others and those of others for us.

    run.py [--keep FOLDER] [--reasons] [--client FILE] PROGRAM …
    run.py [--keep FOLDER] [--reasons] --self

PROGRAM is a command that is called with two more arguments:

    PROGRAM write FOLDER    signs messages, one file each, as messages.py tells
    PROGRAM read FOLDER     prints `NAME accepted` or `NAME refused CODE` for each file, in order

What PROGRAM writes is verified by the packages http-message-signatures of PyPI and of npm; what
these sign, in the shapes of drafts.py, is read by PROGRAM. Every message must be accepted. Then it
is changed in each of the ways of changes.py, and every changed one must be refused, or nothing
would be known about a reader that accepts everything. With `--client`, the program of clients/, two
crates read what PROGRAM writes as well. `--self` has the two packages read each other. `--keep`
leaves the messages in a folder, `--reasons` tells why changed ones were refused.

The last line is `N passed, M failed`, in files; the exit code is 1 if any fails.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import drafts
import messages
import pypi
from changes import changes
from client import PEERS, Client
from messages import request_of
from npm import Npm
from program import Program


class Results:
    def __init__(self, reasons):
        self.passed = self.failed = 0
        self.reasons = reasons

    def expect(self, reader, folder, accepted):
        """Reads a folder in which all messages are to be accepted, or all to be refused."""
        said = reader.read(folder)
        wrong = {file: why for file, why in said.items() if (why is None) != accepted}
        right = len(said) - len(wrong)
        verdict = "accepted" if accepted else "refused"
        who = f"{reader.name} reads {folder.parent.name}"
        print("FAILED" if wrong else "passed", f"{who}: {right} of {len(said)} {verdict}")
        for file, why in wrong.items():
            where = f"{folder.parent.name}/{folder.name}/{file}"
            print(f"  {where}: {f'refused, {why}' if why else 'accepted'}")
        if self.reasons and not accepted:
            self._print_reasons(said)
        self.passed += right
        self.failed += len(wrong)

    @staticmethod
    def _print_reasons(said):
        changes = ((Path(file).stem.rpartition("--")[2], why) for file, why in said.items())
        for (change, why), count in sorted(Counter(changes).items(), key=str):
            print(f"  {count:4} {change}: {why}")


def signed(signer, reader):
    """What a peer signs, and the other can read: in the profile, and outside of it."""
    requests = _sign(signer, drafts.requests())
    inside = requests | _sign(signer, drafts.responses(requests))
    outside = drafts.outside_requests() | drafts.outside_responses(requests)
    if reader.is_server:
        outside |= drafts.outside_server()
    readable = {name: m for name, m in inside.items() if name not in reader.cannot_read}
    return readable, _sign(signer, outside)


def _sign(signer, named):
    named = {name: draft for name, draft in named.items() if name not in signer.cannot_sign}
    done = zip(named.items(), signer.sign(list(named.values())), strict=True)
    return {
        name: messages.members_on_own_lines(message) if draft["own_lines"] else message
        for (name, draft), message in done
    }


def changed(written):
    """Every change to every message."""
    requests = [request_of(message) for message in written.values()]
    wrong = {}
    for name, message in written.items():
        try:
            wrong |= {f"{name}--{change}": m for change, m in changes(message, requests)}
        except Exception as error:
            error.add_note(f"in {name}")
            raise
    return wrong


def ours(results, program, readers, folder):
    """Has others read what we sign."""
    written = program.write(folder / "right")
    if {message["kind"] for message in written.values()} != {"request", "response"}:
        raise ValueError(f"{program.name} does not write both requests and responses")
    for reader in readers:
        results.expect(reader, folder / "right", accepted=True)
    wrong = changed(written)
    for reader in readers:
        refuse(results, reader, wrong, folder)


def theirs(results, signer, reader, folder):
    """Has a reader read what a peer signs."""
    inside, outside = signed(signer, reader)
    messages.write(folder / "right", inside)
    results.expect(reader, folder / "right", accepted=True)
    refuse(results, reader, changed(inside) | outside, folder)


def refuse(results, reader, wrong, folder):
    """Has a reader read those that are wrong, as far as it can tell."""
    change = {name: name.rpartition("--")[2] for name in wrong}
    judged = {name: m for name, m in wrong.items() if change[name] not in reader.cannot_judge}
    messages.write(folder / f"wrong-for-{reader.name}", judged)
    results.expect(reader, folder / f"wrong-for-{reader.name}", accepted=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", type=Path, help="a new folder for the messages")
    parser.add_argument("--reasons", action="store_true", help="why changed messages are refused")
    parser.add_argument("--client", type=Path, help="the program of clients/")
    parser.add_argument("--self", action="store_true", help="the two packages alone")
    parser.add_argument("program", nargs="*", help="the command under test")
    options = parser.parse_args()
    if bool(options.program) == options.self:
        parser.error("either PROGRAM or --self")
    results, npm = Results(options.reasons), Npm()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if options.self:
            pairs = [(pypi, npm), (npm, pypi)]
        else:
            program = Program(options.program)
            clients = [Client(options.client, peer) for peer in PEERS if options.client]
            ours(results, program, [pypi, npm, *clients], folder / program.name)
            pairs = [(pypi, program), (npm, program)]
        for signer, reader in pairs:
            theirs(results, signer, reader, folder / signer.name)
    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(bool(results.failed))


if __name__ == "__main__":
    main()
