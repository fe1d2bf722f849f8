"""A small OpenID Connect provider with real keys: what the city's own would say, and lies if asked."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "prime-portal", "tz9Hq2mW7xKf4vB8nC3pL6sD1gJ5yR0e"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Start = Callable[..., Any]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Say nothing."""


class City:
    """Whoever comes is `person`; `signs_with` and `changes` bend what it says of them."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.signs_with = KEY
        self.changes: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = make_server("127.0.0.1", 0, self, handler_class=Quiet)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[City]:
        serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        serving.start()
        yield self
        self._server.shutdown()
        self._server.server_close()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        answer = {
            "/.well-known/openid-configuration": self._configuration,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._keys,
        }[environ["PATH_INFO"]](environ)
        if isinstance(answer, str):
            start("302 Found", [("Location", answer)])
            return [b""]
        start("200 OK" if answer else "400 Bad Request", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _configuration(self, _environ: dict[str, Any]) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/nothing",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _keys(self, _environ: dict[str, Any]) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [key | {"kid": "one", "alg": "RS256", "use": "sig"}]}

    def _authorize(self, environ: dict[str, Any]) -> str:
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        self.asked.append(asked)
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{back}"

    def _token(self, environ: dict[str, Any]) -> dict[str, Any]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        said = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self._codes.pop(said["code"])
        proof = hashlib.sha256(said["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        known = (said["client_id"], said["client_secret"]) == (CLIENT, SECRET)
        if not known or challenge != asked["code_challenge"]:
            return {}
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            **self.person,
            **self.changes,
        }
        signed = jwt.encode(claims, self.signs_with, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}
