"""Plays ceremonies with examples/signing_ceremony, and reads what they publish over HTTP.

    ceremony.py PROGRAMS

PROGRAMS is the folder with the programs of signing_ceremony and tuf_client. Three people sign root
and targets, two of three; a machine signs snapshot and timestamp. Devices of python-tuf and of
tuf_client are provisioned with the first root and follow each release. Prints each act; the exit
code is 1 at the first thing that is not as it should be.
"""

import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "written"))

from devices import PythonTuf, TufClient  # noqa: E402
from folder_server import FolderServer  # noqa: E402

PEOPLE = ("anna", "bela", "cora")


class Play:
    """The folders of a coordinator, of signers and of a web server."""

    def __init__(self, programs, folder):
        self.program, self.tuf_client = programs / "signing_ceremony", programs / "tuf_client"
        self.folder, self.work, self.web = folder, folder / "work", folder / "web"
        self.release, self.answers = 1, 0

    def run(self, *words, code=0, says=()):
        """What the program prints; it has to end with that code and to say all of that."""
        done = subprocess.run(
            [self.program, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        said = done.stdout + done.stderr
        expect(done.returncode == code, f"{words}: exit code {done.returncode}\n{said}")
        for text in says:
            expect(text in said, f"{words}: {text!r} is not in\n{said}")
        return said

    def key(self, name):
        return self.folder / f"{name}.pem"

    def pub(self, name):
        return self.folder / f"{name}.pem.pub"

    def key_id(self, name):
        return json.loads(self.pub(name).read_text())["keyid"]

    def keygen(self, *names):
        for name in names:
            self.run("keygen", self.key(name))

    def draft(self, *words, **expected):
        return self.run("draft", self.work, *words, **expected)

    def add(self, path, content, **expected):
        file = self.folder / "artifact"
        file.write_bytes(content)
        self.draft("add-target", path, file, **expected)

    def request(self):
        self.run("request", self.work, "--expires-in", "7")

    def request_file(self, role):
        return self.work / f"release-{self.release}/requests/{role}.request.json"

    def answer(self, role, name, request=None, trusted=None, **expected):
        """The response of a signer, who has nothing but the request."""
        self.answers += 1
        response = self.folder / f"answer-{self.answers}.json"
        words = ["sign", request or self.request_file(role), "--key", self.key(name)]
        words += ["--trusted", trusted] if trusted else []
        self.run(*words, "--yes", "-o", response, **expected)
        return response

    def sign(self, role, *names):
        answers = [self.answer(role, name) for name in names]
        self.run("attach", self.work, *answers)

    def publish(self, *keys, **expected):
        words = [word for name in keys for word in ("--online-key", self.key(name))]
        self.run("publish", self.work, *words, "--to", self.web, **expected)
        self.release += not expected.get("code", 0)


def expect(condition, otherwise):
    if not condition:
        raise SystemExit(f"ceremony.py: {otherwise}")


def first_release(play):
    play.keygen(*PEOPLE, "server")
    expect(play.key("anna").stat().st_mode & 0o777 == 0o600, "the secret is for its owner alone")
    before = play.key("anna").read_bytes()
    play.run("keygen", play.key("anna"), code=1, says=["is there already"])
    expect(play.key("anna").read_bytes() == before, "the key is as it was")
    pubs = [play.pub(name) for name in PEOPLE]
    words = ["init", play.work, "--root-key", *pubs, "--root-threshold", "2"]
    words += ["--targets-key", *pubs, "--targets-threshold", "2"]
    words += ["--timestamp-key", play.pub("server"), "--snapshot-key"]
    play.run(*words, play.pub("anna"), code=1, says=["share the key"])
    expect(not play.work.exists(), "nothing is written")
    play.run(*words, play.pub("server"))
    play.run(*words, play.pub("server"), code=1, says=["is there already"])
    play.add("lamp/1.bin", b"one")
    play.draft("remove-target", "fan/1.bin", code=1, says=["no role lists"])
    play.run("status", play.work, says=["5 edits, not sealed yet"])
    play.publish("server", code=1, says=["is not sealed"])
    play.request()
    play.add("lamp/2.bin", b"two", code=1, says=["the draft is sealed"])
    play.run("request", play.work, "--expires-in", "9", code=1, says=["there already"])
    play.publish("server", code=1, says=["root version 1: waits", "targets version 1: waits"])
    expect(not play.web.exists(), "nothing is published")
    for role in ("root", "targets"):
        play.sign(role, "anna", "cora")
    play.run("status", play.work, says=["root version 1: complete", "`publish` goes on"])
    play.publish("server", says=["published"])


def bad_responses(play):
    """Each is refused with its reason, and the good ones are taken all the same."""
    play.keygen("mallory")
    play.add("lamp/2.bin", b"two")
    play.request()
    stale = play.answer("targets", "anna")
    play.run("withdraw", play.work)
    play.add("lamp/3.bin", b"three")
    play.request()
    play.answer("targets", "mallory", code=1, says=["is none of its keys"])
    anna, bela = (play.answer("targets", name) for name in ("anna", "bela"))
    foreign = play.folder / "foreign.json"
    foreign.write_text(anna.read_text().replace(play.key_id("anna"), play.key_id("mallory")))
    borrowed = play.folder / "borrowed.json"
    borrowed.write_text(anna.read_text().replace(play.key_id("anna"), play.key_id("cora")))
    broken = play.folder / "broken.json"
    broken.write_text(anna.read_text()[:-9])
    responses = [stale, anna, foreign, borrowed, anna, broken, play.folder / "none", bela]
    codes = ["stale", "foreign-key", "bad-signature", "already-signed", "json"]
    said = play.run(
        "attach", play.work, *responses, code=1, says=[f"[ceremony.{code}]" for code in codes]
    )
    expect(said.count("taken  ") == 2 and said.count("refused  ") == 6, said)
    play.run("attach", play.work, bela, code=1, says=["ceremony.already-signed"])
    kept = [file.name for file in play.request_file("x").parents[1].glob("responses/*")]
    expect(sorted(kept) == ["1.targets.json", "2.targets.json"], f"what was taken: {kept}")
    play.run("status", play.work, says=["targets version 2: complete", play.key_id("cora")])
    play.publish("server")


def late(play):
    """A request expires; the draft is sealed anew."""
    play.add("lamp/4.bin", b"four")
    play.request()
    good = play.answer("targets", "anna")
    request = play.request_file("targets")
    document = json.loads(request.read_text())
    document["expires"] = "2001-01-01T00:00:00Z"
    request.write_text(json.dumps(document, separators=(",", ":")))
    play.answer("targets", "anna", code=1, says=["the request expired"])
    play.run("attach", play.work, good, code=1, says=["[ceremony.expired]"])
    play.run("withdraw", play.work)
    play.request()
    play.sign("targets", "bela", "cora")
    play.publish("server")


def lying_coordinator(play):
    """"Only a fifth lamp", says the coordinator, and changes the first as well."""
    trusted = play.web / "metadata/3.targets.json"
    play.add("lamp/5.bin", b"five")
    play.request()
    honest = play.request_file("targets")
    play.answer("targets", "anna", trusted=trusted, says=['adds target "lamp/5.bin"'])
    swapped = play.folder / "swapped.json"
    document = json.loads(honest.read_text())
    document["payload"]["targets"]["lamp/1.bin"]["length"] = 666
    swapped.write_text(json.dumps(document))
    play.answer("targets", "anna", swapped, says=["is not that of the payload"], code=1)
    other = Play(play.program.parent, play.folder)
    other.work, other.release = play.folder / "lie", play.release
    shutil.copytree(play.work, other.work)
    other.run("withdraw", other.work)
    other.add("lamp/1.bin", b"evil")
    other.request()
    lie = other.request_file("targets")
    changed = 'changes "targets" > "lamp/1.bin" > "length" from 3 to 4'
    warned = ['adds target "lamp/5.bin"', changed]
    play.answers += 100
    answer = play.answer("targets", "anna", lie, trusted, says=warned)
    play.run("attach", play.work, answer, code=1, says=["[ceremony.stale]"])
    asks_for_digits(play, honest, trusted)
    play.sign("targets", "anna", "bela")
    play.publish("server")


def asks_for_digits(play, request, trusted):
    """On a terminal, the signer types the digest; anything else signs nothing."""
    digest = json.loads(request.read_text())["digest"]
    response = play.folder / "typed.json"
    words = ["sign", request, "--key", play.key("cora"), "--trusted", trusted, "-o", response]
    play.run(*words, code=1, says=["no terminal"])
    for typed, code in (("yes", 1), (digest[:8], 0), (digest[:8], 1)):
        ours, theirs = pty.openpty()
        os.write(ours, f"{typed}\n".encode())
        done = subprocess.run([play.program, *words], stdin=theirs, capture_output=True)
        os.close(ours), os.close(theirs)
        expect(done.returncode == code, f"typed {typed}: {done.stdout} {done.stderr}")
        expect(response.exists() == (typed != "yes"), f"typed {typed}")


def other_keys(play):
    """A root key is rotated, a targets key lost; the old keys and the new sign the root."""
    play.keygen("dora")
    play.draft("rotate-key", "root", "--old", play.key_id("cora"), "--new", play.pub("dora"))
    play.draft("lose-key", "targets", "--key", play.key_id("cora"))
    nobody = ["lose-key", "targets", "--key", play.key_id("mallory")]
    play.draft(*nobody, code=1, says=["has no key"])
    play.request()
    play.sign("root", "anna", "dora")
    play.publish("server", code=1, says=["root version 2: waits"])
    play.sign("root", "bela")
    play.publish("server")


def offline_timestamp(play):
    """Without an online key, snapshot and timestamp are asked for one after the other."""
    outside = ["delegate", "../fans", "--key", play.pub("dora"), "--threshold", "1", "--path", "*"]
    play.draft(*outside, code=1, says=["is no name of a file"])
    play.draft("delegate", "fans", "--key", play.pub("dora"), "--threshold", "1", "--path", "fan/*")
    play.add("fan/1.bin", b"fan")
    play.request()
    play.sign("targets", "anna", "bela")
    play.sign("fans", "dora")
    for role in ("snapshot", "timestamp"):
        play.publish(code=1, says=[f"{role} version", "for the signers"])
        play.sign(role, "server")
    play.publish()


def recovery(play):
    """The timestamp key was stolen: a new one, and both files anew."""
    play.keygen("new-server")
    play.draft("recover", "timestamp", "--key", play.pub("new-server"))
    play.request()
    play.sign("root", "anna", "bela")
    play.publish("server", "new-server")
    play.draft("bins", "fans", "--bits", "2", "--key", play.pub("dora"))
    play.request()
    for role in ("fans", "bin-0", "bin-1", "bin-2", "bin-3"):
        play.sign(role, "dora")
    play.publish("server", "new-server")
    play.draft("renew", "timestamp")
    play.publish("new-server")


def no_overwriting(play):
    """What somebody else put on the web server stays."""
    play.add("lamp/6.bin", b"six")
    play.request()
    play.sign("targets", "anna", "bela")
    payload = json.loads(play.request_file("targets").read_text())["payload"]
    theirs = play.web / f"metadata/{payload['version']}.targets.json"
    expect(not theirs.exists(), "it is a new version")
    theirs.write_bytes(b"theirs")
    play.publish("server", "new-server", code=1, says=["with other contents"])
    expect(theirs.read_bytes() == b"theirs", "it stays")
    theirs.unlink()
    timestamp = play.web / "metadata/timestamp.json"
    ours = timestamp.read_bytes()
    timestamp.write_bytes(b"theirs")
    play.publish("server", "new-server", code=1, says=["is not from this workspace"])
    timestamp.write_bytes(ours)
    play.publish("server", "new-server")
    # As if it had been stopped before the last step, and was run again.
    play.release -= 1
    shutil.rmtree(play.work / f"release-{play.release}/published")
    before = {file: file.read_bytes() for file in play.web.rglob("*.*") if file.is_file()}
    play.publish("server", "new-server")
    after = {file: file.read_bytes() for file in play.web.rglob("*.*") if file.is_file()}
    expect(before == after, "the same release")


ACTS = (  # the act, and how long some targets then are
    (first_release, {"lamp/1.bin": 3}),
    (bad_responses, {"lamp/2.bin": 3, "lamp/3.bin": 5}),
    (late, {"lamp/4.bin": 4}),
    (lying_coordinator, {"lamp/1.bin": 3, "lamp/5.bin": 4}),
    (other_keys, {"lamp/5.bin": 4}),
    (offline_timestamp, {"fan/1.bin": 3}),
    (recovery, {"fan/1.bin": 3, "lamp/1.bin": 3}),
    (no_overwriting, {"lamp/6.bin": 3}),
)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder, FolderServer() as server:
        play = Play(Path(sys.argv[1]).resolve(), Path(folder))
        server.folder = play.web
        root = play.web / "metadata/1.root.json"
        devices = []
        for act, lengths in ACTS:
            act(play)
            if not devices:
                devices.append(PythonTuf(play.folder / "python-tuf", root, server))
                store = play.folder / "tuf_client"
                devices.append(TufClient(play.tuf_client, store, root, server))
            for device in devices:
                found = device.update([*lengths, "lamp/none.bin"])["found"]
                expect(found.pop("lamp/none.bin") is None, "nobody lists it")
                for path, target in found.items():
                    content = next(play.web.glob(f"targets/{path.replace('/', '/*.')}"))
                    expect(target and content.name.startswith(target["downloaded"]), path)
                    expect(target.get("length", lengths[path]) == lengths[path], path)
            print("passed", act.__name__)


if __name__ == "__main__":
    main()
