"""An HTTP server for one state of a repository at a time, which writes down what is asked for.

A request is mapped by its percent-encoded path, each segment brought to one spelling first, so that
`%2B` and `+` are one but `a%2Fb` and `a/b` are two.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = None
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def requests(self):
        """What was asked for since the last call; a target by its path without a hash, and once
        though a client may try each of its names."""
        asked, self.asked = self.asked, []
        return [u for n, u in enumerate(asked) if not (is_target(u) and u in asked[n - 1 : n])]


def is_target(url):
    return url.startswith("targets/")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = "/".join(quote(unquote(s), safe="") for s in self.path.split("/")[1:])
        state = self.server.state
        self.server.asked.append(state.aliases.get(path, path))
        content = state.files.get(path, 404)
        status, body = (content, b"") if isinstance(content, int) else (200, content)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
