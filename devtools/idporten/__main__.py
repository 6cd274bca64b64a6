"""`python -m devtools.idporten`: the stand-in as a process of its own, for the demo."""

import argparse
import json
import logging
import os
import signal
import sys
from pathlib import Path

from devtools.idporten.clients import Client
from devtools.idporten.server import StandIn


def main() -> int:
    """Serve until interrupted; 2 with a sentence where it cannot start."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="idporten  %(message)s")
    try:
        standin = StandIn(
            [_client(options)],
            port=options.port,
            issuer=options.issuer.rstrip("/"),
            state_dir=options.state_dir,
        )
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        print(f"The stand-in cannot use port {options.port}: {reason}.", file=sys.stderr)
        return 2
    except (ValueError, KeyError) as error:
        print(f"The stand-in cannot use what it was given: {error}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with standin:
        logging.getLogger("devtools.idporten").info("ID-porten stand-in at %s", standin.issuer)
        try:
            standin.wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devtools.idporten",
        description="A stand-in for ID-porten, for demo and tests.",
    )
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--issuer", default="", help="default: http://127.0.0.1:PORT")
    parser.add_argument("--client-id", required=True)
    parser.add_argument(
        "--client-jwk-file",
        required=True,
        action="append",
        type=Path,
        help="an RSA JWK with kid; of a private one only the public part is used",
    )
    parser.add_argument("--redirect-uri", required=True, action="append")
    for name in ("post-logout-redirect", "frontchannel-logout", "backchannel-logout"):
        parser.add_argument(f"--{name}-uri", action="append", default=[])
    parser.add_argument("--state-dir", type=Path, help="keeps the signing keys between starts")
    return parser


def _client(options: argparse.Namespace) -> Client:
    return Client.register(
        options.client_id,
        jwks=[json.loads(path.read_text()) for path in options.client_jwk_file],
        redirect_uris=options.redirect_uri,
        post_logout_redirect_uris=options.post_logout_redirect_uri,
        frontchannel_logout_uris=options.frontchannel_logout_uri,
        backchannel_logout_uris=options.backchannel_logout_uri,
    )


if __name__ == "__main__":
    sys.exit(main())
