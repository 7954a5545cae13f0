"""How this machine reaches package indexes, for the commands that run while an image is made, and only for them."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.models.wheels import pip_environment
from sandbox.image_recipe import PLACE, Helpers

_BUNDLE: Final = "certificates.pem"
_BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_TRUST: Final = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where a user says whom to trust, and where programs in the container look for it."""

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY")
_SETTINGS: Final = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
"""Of pip's settings those that say how to reach indexes; the others are about this machine."""

_LINE: Final = re.compile(r"(?:global|download|install|:env:)\.(?P<name>[\w-]+)=(?P<value>.+)")


def helpers(
    environment: Mapping[str, str], *, network: str = "bridge", files: Mapping[str, bytes | Path] | None = None
) -> Helpers:
    """What commands in a container get of this machine: proxies, certificates and pip's indexes; no keys.

    `files` are further ones, which lie beside the certificates.
    """
    variables = {
        key: value
        for name in _PROXIES
        for key in (name, name.lower())
        if (value := environment.get(key) or environment.get(key.swapcase()))
    }
    settings = pip_settings(environment)
    variables |= indexes(settings)
    given: dict[str, bytes | Path] = dict(files or {})
    bundle = _bundle(environment, settings)
    if bundle is not None:
        given[_BUNDLE] = bundle
        variables |= dict.fromkeys((*_TRUST, "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"), f"{PLACE}/{_BUNDLE}")
    variables |= {
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Helpers(given, variables, network)


def pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """pip's own settings on this machine, of its files and of its variables; the last of a name counts."""
    if importlib.util.find_spec("pip") is None:
        return {
            name: value for name in _SETTINGS if (value := environment.get(f"PIP_{name.replace('-', '_').upper()}"))
        }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=pip_environment(environment, Path(environment.get("TMPDIR", "/tmp"))),  # noqa: S108 - only listed, nothing is written
        check=True,
    )
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            found[match["name"]] = str(ast.literal_eval(match["value"]))
    return found


def indexes(settings: Mapping[str, str]) -> dict[str, str]:
    """pip's settings as variables for a container: directories of this machine are not there, and left out."""
    variables: dict[str, str] = {}
    for name in _SETTINGS:
        words = settings.get(name, "").split()
        if name.endswith("index-url"):
            words = [word for word in words if word.startswith(("http://", "https://"))]
        if words:
            variables[f"PIP_{name.replace('-', '_').upper()}"] = " ".join(words)
    return variables


def _bundle(environment: Mapping[str, str], settings: Mapping[str, str]) -> Path | None:
    """The authorities that this machine trusts: those of a proxy may be among them."""
    named = [settings.get("cert", ""), *(environment.get(name, "") for name in _TRUST), *_BUNDLES]
    return next((Path(name) for name in named if name and os.access(name, os.R_OK) and Path(name).is_file()), None)
