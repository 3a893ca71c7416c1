"""The repository that most scenarios are a variation of."""

from builder import Repository
from keys import ed25519
from scenario import Scenario, Step, Wanted

HELLO = "hello.txt"
IMAGE = "releases/lamp/2.0.0/image"
ABSENT = Wanted("releases/lamp/9.9.9/image", visits=("releases",))
ELSEWHERE = Wanted("elsewhere.txt")


def image(version):
    return f"image {version} ".encode() * 500


def standard(**options):
    """One delegation; `targets` and `releases` list a target each."""
    repository = Repository(**options)
    signers = [ed25519("releases 1"), ed25519("releases 2")]
    repository.delegate("targets", "releases", signers, threshold=2, paths=["releases/*/*/*"])
    repository.add("targets", HELLO, b"hello")
    repository.add("releases", IMAGE, image(1))
    return repository


def wanted(version=1):
    return [Wanted(HELLO, b"hello"), Wanted(IMAGE, image(version), ("releases",))]


def updated(name, repository):
    """Publishes; then another image; then nothing but a new timestamp."""
    repository.publish()
    root = repository.served("root")
    steps = [Step(repository.state(), wanted(), [ABSENT, ELSEWHERE])]
    repository.add("releases", IMAGE, image(2))
    repository.publish("releases")
    steps.append(Step(repository.state(), wanted(2), [ABSENT]))
    repository.write("timestamp")
    steps.append(Step(repository.state(), wanted(2)))
    return Scenario(name, root, steps)


def published(name, repository, wanted, unwanted=()):
    """One state."""
    repository.publish()
    step = Step(repository.state(), list(wanted), list(unwanted))
    return Scenario(name, repository.served("root"), [step])
