"""A small local server for one page."""

import hmac
import json
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from gankit.exploring.studio import Studio

HOST = "127.0.0.1"
LARGEST = 4 * 2**20  # bytes of a question
PAGE = "page.html"
TEXT = "text/plain; charset=utf-8"
NOTHING = b"There is nothing here."
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'"
)


class Server(ThreadingHTTPServer):
    """A server of the page; ``serve_forever`` starts it.

    It listens to this machine only, and answers whoever knows the token in its ``address``.

    Args:
        studio: what answers.
        port: to listen at; 0 for any that is free.
    """

    daemon_threads = True

    def __init__(self, studio: Studio, port: int = 0):
        super().__init__((HOST, port), Handler)
        self.studio = studio
        self.token = secrets.token_urlsafe(16)
        self.lock = threading.Lock()  # a GAN draws one thing at a time

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a page that was closed before its answer came."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers with the page, or with what it has to know."""
        if self.asks(""):
            page = resources.files("gankit.exploring").joinpath(PAGE).read_bytes()
            self.answer(200, page, "text/html; charset=utf-8")
        elif self.asks("about"):
            self.answer_json(self.server.studio.describe())
        else:
            self.answer(404, NOTHING, TEXT)

    def do_POST(self) -> None:
        """Answers a question of the page."""
        try:
            length = int(self.headers.get("Content-Length", 0))
            if not 0 <= length <= LARGEST:
                raise ValueError(f"A question has at most {LARGEST} bytes.")
            asked = json.loads(self.rfile.read(length) or b"{}")
            if not isinstance(asked, dict):
                raise TypeError("A question is an object of JSON.")
            with self.server.lock:
                self.respond(self.server.studio, asked)
        except (ValueError, TypeError, KeyError) as error:
            self.close_connection = True
            self.answer(400, str(error).encode(), TEXT)

    def respond(self, studio: Studio, asked: dict[str, Any]) -> None:
        """Answers a question that could be read."""
        label = int(asked.get("label", 0))
        if self.asks("sample"):
            self.answer_json(studio.sample(int(asked["number"]), int(asked["seed"])))
        elif self.asks("images"):
            picture = studio.picture(asked["latents"], label, asked.get("scale"))
            self.answer(200, picture, "image/png")
        elif self.asks("film"):
            self.answer(200, studio.film(asked["start"], asked["end"], label), "image/gif")
        else:
            self.answer(404, NOTHING, TEXT)

    def asks(self, what: str) -> bool:
        """Returns whether the address is that of ``what``, token and all."""
        address = f"/{self.server.token}/{what}"
        return hmac.compare_digest(self.path.encode(), address.encode())

    def answer_json(self, value: Any) -> None:
        """Answers with JSON."""
        self.answer(200, json.dumps(value).encode(), "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        """Answers, and lets the page load nothing from elsewhere."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: a slider asks many times a second."""
