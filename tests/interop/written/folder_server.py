"""An HTTP server for one folder at a time, which can be exchanged while it runs.

It finds files as a static web server does: the query is cut off, the percent-encoded path decoded,
and what leaves the folder or is no file is 404. A name that is stored in its encoded form is thus
not found.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote


class FolderServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = None
        url = f"http://127.0.0.1:{self.server_port}"
        self.metadata_url, self.targets_url = f"{url}/metadata/", f"{url}/targets/"

    def __enter__(self):
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def find(self, url_path):
        """The bytes of a file, or None."""
        folder = self.folder.resolve()
        file = (folder / unquote(url_path.partition("?")[0]).lstrip("/")).resolve()
        return file.read_bytes() if file.is_relative_to(folder) and file.is_file() else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet: the client's delayed acknowledgment costs 40 ms

    def do_GET(self):
        content = self.server.find(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass
