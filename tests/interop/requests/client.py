"""Two crates as verifiers of what others sign, through the program of clients/.

They are asked for the signature alone: neither knows of challenges, replays or nonces, and the
digest of a body is not part of a signature.
"""

from program import Program

PEERS = ("httpsig-hyper", "wimsey-httpsig")


class Client(Program):
    is_server = False
    # After these, the signature is as right as before.
    cannot_judge = frozenset(
        [
            "body",
            "body-gone",
            # A field that has to be covered, says the profile.
            "ota-counter-added",
            "retry-after-added",
            # Another nonce than the request's, says the profile. A request with another nonce may
            # be equal in all that a response covers of it.
            "request-nonce",
            "request-another",
        ]
    )

    def __init__(self, command, peer):
        super().__init__([command])
        self.name = peer
        self.reading = (peer,)
