"""A program that writes messages into a folder and reads those of another."""

import subprocess

import messages


class Program:
    """The one under test: as a server it makes challenges and knows the enroller."""

    name = "ota-trust"
    is_server = True
    # It reads an answer with what the device has kept of its own request, so there is none to a
    # request that no device sends: with two digests, with a digest of something else, with a body
    # in a GET, or without one in a POST.
    cannot_read = frozenset(
        f"response-{algorithm}-to-both-digests" for algorithm in ("ed25519", "ecdsa-p256")
    )
    cannot_judge = frozenset(
        [
            "request-content-digest",
            "request-content-digest-gone",
            "request-content-type-gone",
            "request-method",
        ]
    )
    reading = ("read",)

    def __init__(self, command):
        self.command = command

    def write(self, folder):
        """The messages that it signs, by name."""
        folder.mkdir(parents=True)
        subprocess.run([*self.command, "write", folder], check=True)
        return messages.read(folder)

    def read(self, folder):
        """For each file, by name, why it is refused, or None."""
        command = [*self.command, *self.reading, folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        said = {}
        for line in done.stdout.splitlines():
            name, _, verdict = line.partition(" ")
            word, _, why = verdict.partition(" ")
            if (word, bool(why)) not in (("accepted", False), ("refused", True)):
                raise ValueError(f"{self.name} says {line!r}")
            said[name] = why or None
        if done.returncode:
            last = max(said, default="nothing")
            raise ValueError(f"{self.name} ends with {done.returncode} after {last} in {folder}")
        names = sorted(file.name for file in folder.glob("*.json"))
        if list(said) != names:
            pairs = zip([*said, None], [*names, None], strict=False)
            found, expected = next((f, e) for f, e in pairs if f != e)
            raise ValueError(f"{self.name} reads {found} in {folder}, when it is {expected}'s turn")
        return said
