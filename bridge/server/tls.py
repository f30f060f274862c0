"""The certificate of the service and its key: read before it starts, so that a wrong file is named."""

from __future__ import annotations

import ssl
from pathlib import Path

from bridge.server.options import Options
from bridge.server.senders import Unusable

__all__ = ["certificate_of"]


def certificate_of(options: Options) -> tuple[Path, Path]:
    """The files of a service that speaks TLS. Raises :class:`Unusable` for one that is not right."""
    assert options.certificate is not None
    assert options.key is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cafile=options.certificate)
    except (OSError, ValueError):
        raise Unusable(options.certificate, "no certificate in PEM") from None
    try:
        context.load_cert_chain(options.certificate, options.key, password=_no_password)
    except ssl.SSLError as error:
        why = "not the key of the certificate" if error.reason == "KEY_VALUES_MISMATCH" else "no key in PEM without a password"
        raise Unusable(options.key, why) from None
    except (OSError, ValueError):
        raise Unusable(options.key, "no key in PEM without a password") from None
    return options.certificate, options.key


def _no_password() -> str:
    """A service starts without anybody there who could type it."""
    raise ValueError
