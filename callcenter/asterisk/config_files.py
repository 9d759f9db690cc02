"""Render Asterisk's configuration from the templates in ``asterisk-config/`` and ``dialplans/``.

A template is an ordinary Asterisk file with ``{{name}}`` where a value goes. The same files serve the
private Asterisk (:mod:`callcenter.asterisk.local_server`) and an admin's own
(:mod:`callcenter.asterisk.install_plan`): ``callcenter/*`` is shared, ``private/*`` is the frame around it
that an admin already has.

Everything here is pure except :func:`read_templates`.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")


class ConfigValueError(ValueError):
    """A value cannot be written into an Asterisk file without changing its meaning."""


@dataclass(frozen=True)
class AsteriskPlaces:
    """The folders one Asterisk reads and writes. ``base`` is its own; the last two belong to the program."""

    base: Path
    modules_dir: Path
    data_dir: Path

    @property
    def etc(self) -> Path:
        return self.base / "etc"

    @property
    def varlib(self) -> Path:
        return self.base / "lib"

    @property
    def spool(self) -> Path:
        return self.base / "spool"

    @property
    def run(self) -> Path:
        return self.base / "run"

    @property
    def log(self) -> Path:
        return self.base / "log"

    @property
    def control_socket(self) -> Path:
        return self.run / "asterisk.ctl"

    @property
    def cdr_file(self) -> Path:
        """Asterisk's own account of its legs, one CSV line each."""
        return self.log / "cdr-csv" / "Master.csv"

    @property
    def agents_file(self) -> Path:
        """Where provisioning writes the agents' phones."""
        return self.etc / "callcenter" / "pjsip_agents.conf"

    def folders(self) -> tuple[Path, ...]:
        """Every folder that must exist before Asterisk starts."""
        return (
            self.etc / "callcenter",
            *(self.varlib / name for name in ("agi-bin", "keys", "cache")),
            *(self.spool / name for name in ("monitor", "outgoing", "tmp")),
            self.run,
            self.log / "cdr-csv",
        )


@dataclass(frozen=True)
class AsteriskPorts:
    """Where one Asterisk listens: SIP (UDP), AMI, HTTP (WebSocket phones), and its RTP range (inclusive)."""

    sip: int = 5060
    ami: int = 5038
    http: int = 8088
    rtp_first: int = 10000
    rtp_last: int = 20000


@dataclass(frozen=True)
class AsteriskValues:
    """What differs from one installation to the next."""

    agi_address: str = "127.0.0.1:4573"
    """Where the controller listens for FastAGI, as host:port."""
    stt_address: str = "127.0.0.1:4574"
    """Where the controller listens for audio to be recognised (AEAP), as host:port."""
    trunk_address: str = "127.0.0.1:5080"
    """Where the private Asterisk calls numbers outside, as host:port. Yours has a trunk of its own."""
    ami_user: str = "callcenter"
    ami_secret: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    ami_permit: str = "127.0.0.1/255.255.255.255"
    """From where the controller may connect, as address/netmask."""
    music_dir: str = "moh"
    """Music for those who wait; a relative folder is below Asterisk's data folder."""
    hold_limit_s: int = 600
    """How long a caller is held while no controller answers."""
    sorry_prompt: str = "sorry-youre-having-problems&please-try-call-later&goodbye"
    refused_prompt: str = "cannot-complete-as-dialed"


def render(template: str, values: Mapping[str, str], *, name: str = "template") -> str:
    """Put the values into one template.

    Raises KeyError for a placeholder without value and ConfigValueError for a value with a line break or a
    comment sign, either of which would change what the rest of the file means.
    """

    def replace(match: re.Match[str]) -> str:
        key = match.group(1)
        if key not in values:
            raise KeyError(f"{name}: no value for {{{{{key}}}}}")
        value = values[key]
        if key != "ice_candidates" and re.search(r"[\x00-\x1f\x7f;]", value):
            raise ConfigValueError(f"{name}: {key} may not hold a line break, control character or ';'")
        return value

    return _PLACEHOLDER.sub(replace, template)


def shared_values(values: AsteriskValues) -> dict[str, str]:
    """The placeholders of the files an admin installs."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", values.ami_user) or values.ami_user == "general":
        raise ConfigValueError("the AMI user's name may hold letters, digits, '_', '.' and '-' only")
    if not values.ami_secret or values.ami_secret.strip() != values.ami_secret:
        raise ConfigValueError("the AMI secret may not be empty or begin or end with a blank")
    return {
        "agi_address": values.agi_address,
        "stt_address": values.stt_address,
        "ami_user": values.ami_user,
        "ami_secret": values.ami_secret,
        "ami_permit": values.ami_permit,
        "music_dir": values.music_dir,
        "hold_limit_s": str(values.hold_limit_s),
        "sorry_prompt": values.sorry_prompt,
        "refused_prompt": values.refused_prompt,
    }


def private_values(
    places: AsteriskPlaces,
    ports: AsteriskPorts,
    values: AsteriskValues,
    *,
    host: str = "127.0.0.1",
    node: str = "local",
    ice_addresses: tuple[str, ...] = (),
) -> dict[str, str]:
    """The placeholders of a private Asterisk that listens on `host` only.

    `ice_addresses` are the machine's own addresses; each is shown to browsers as loopback.
    """
    return shared_values(values) | {
        "trunk_address": values.trunk_address,
        "etc_dir": str(places.etc),
        "modules_dir": str(places.modules_dir),
        "varlib_dir": str(places.varlib),
        "data_dir": str(places.data_dir),
        "spool_dir": str(places.spool),
        "run_dir": str(places.run),
        "log_dir": str(places.log),
        "node": node,
        "ami_host": host,
        "ami_port": str(ports.ami),
        "sip_host": host,
        "sip_port": str(ports.sip),
        "http_host": host,
        "http_port": str(ports.http),
        "rtp_first": str(ports.rtp_first),
        "rtp_last": str(ports.rtp_last),
        "ice_candidates": "\n".join(f"{address} => 127.0.0.1" for address in ice_addresses),
    }


def templates_folder() -> Path:
    """Where ``asterisk-config`` and ``dialplans`` are: the source tree, or share/ once installed."""
    for root in (Path(__file__).resolve().parents[2], Path(sys.prefix) / "share" / "callcenter"):
        if (root / "asterisk-config").is_dir():
            return root
    raise FileNotFoundError("asterisk-config/ was not found beside the program; reinstall callcenter")


def read_templates(root: Path | None = None) -> dict[str, str]:
    """All templates as {path below Asterisk's etc folder: text}."""
    base = root or templates_folder()
    found: dict[str, str] = {}
    for file in sorted((base / "asterisk-config" / "private").glob("*.conf")):
        found[file.name] = file.read_text(encoding="utf-8")
    for file in sorted((base / "asterisk-config" / "callcenter").glob("*.conf")):
        found[f"callcenter/{file.name}"] = file.read_text(encoding="utf-8")
    found["callcenter/extensions.conf"] = (base / "dialplans" / "callcenter.conf").read_text(encoding="utf-8")
    return found


def render_all(templates: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Render each template; see :func:`render` for the errors."""
    return {name: render(text, values, name=name) for name, text in templates.items()}


def needed_modules(templates: Mapping[str, str]) -> list[str]:
    """The modules the call center counts on, as listed in the private modules.conf."""
    return re.findall(r"^load = (\S+)$", templates["modules.conf"], flags=re.MULTILINE)
