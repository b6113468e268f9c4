"""``gankit explore``: a page with sliders for a generator's latents."""

import argparse
import webbrowser

from gankit.commands.options import add_model, natural
from gankit.exploring import Server, Studio
from gankit.saving import load

SUMMARY = "Open a page on this machine to play with a GAN's latents."
EXAMPLES = """
  %(prog)s digits
  %(prog)s run --no-browser --port 8000
"""
LAST_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    parser.add_argument("--port", type=port, default=0, help="the port (any free one)")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address, but don't open it"
    )


def port(text: str) -> int:
    """Returns the number of a port."""
    number = natural(text)
    if number > LAST_PORT:
        raise argparse.ArgumentTypeError(f"must be at most {LAST_PORT}, got {text!r}")
    return number


def run(arguments: argparse.Namespace) -> None:
    """Serves the page until Ctrl-C."""
    studio = Studio(load(arguments.model, compile=False))
    with Server(studio, arguments.port) as server:
        print(f"Open {server.address} (stop with Ctrl-C)", flush=True)
        if not arguments.no_browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
