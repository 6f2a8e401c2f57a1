"""Judge whether a call failed before the first byte of its request was sent, and what for. Pure.

An HTTP library wraps what went wrong in exceptions of its own, and its wrapping says too little: an error of TLS may
come from the handshake, or while the reply is read; an error of a proxy may come before the request went through it,
or after (urllib3 1.26, ``HTTPConnectionPool.urlopen``). So what was wrapped is looked at.

Only what an exception holds is followed (its arguments, what botocore has kept of it, its declared cause), never the
exception that happened to be handled at the time: that one may be of another call.
"""

import socket
import ssl
from collections.abc import Iterator
from types import TracebackType

import urllib3.exceptions

_NOT_CONNECTED = (
    urllib3.exceptions.NewConnectionError,  # refused, unreachable; of urllib3 2 also an unknown name
    urllib3.exceptions.ConnectTimeoutError,
    socket.gaierror,
    ssl.SSLCertVerificationError,  # the certificate is verified within the handshake, before anything is sent
)
_NO_TUNNEL = "Tunnel connection failed: "
"""How http.client begins the OSError about a proxy that refused CONNECT: the request follows only in the tunnel."""
_UNREADABLE = (FileNotFoundError, IsADirectoryError, PermissionError)
_NO_CERTIFICATES = ("NO_CERTIFICATE_OR_CRL_FOUND", "PEM_LIB")
"""Why OpenSSL cannot use a file as a bundle of certificates (``ssl.SSLError.reason``)."""
_BAD_HEADER = "Invalid header value"
"""How http.client begins the ValueError about a header with a line break; the value follows, which may be a secret."""
_SIGNING = frozenset({"botocore.auth", "botocore.credentials", "botocore.signers", "botocore.tokens"})
"""The modules of botocore that look for credentials and sign a request. They have returned before it is sent
(``Endpoint._send_request``: create_request, then _get_response), so that none is among the frames of a later error."""


def is_surely_unsent(error: BaseException) -> bool:
    """True if an exception shows that no connection was there to send a request through.

    Args:
        error: What was raised instead of a reply.
    """
    held = tuple(_held_by(error))
    return any(isinstance(one, _NOT_CONNECTED) or _is_of_other_host(one) or _is_without_tunnel(one) for one in held)


def failed_while_signing(error: BaseException) -> bool:
    """True if an exception was raised while credentials were looked for, or the request was signed with them.

    That may have called other services (AWS STS, IAM Identity Center), and programs of the user.
    """
    return not _SIGNING.isdisjoint(_modules(error.__traceback__))


def is_of_a_key(error: BaseException) -> bool:
    """True if an exception shows that no header can have a key or a session token: there is a line break in it."""
    return any(isinstance(one, ValueError) and str(one).startswith(_BAD_HEADER) for one in _held_by(error))


def is_of_a_setting(error: BaseException) -> bool:
    """True if an exception shows that an endpoint, a proxy or a bundle of certificates cannot be used as it is set."""
    held = tuple(_held_by(error))
    over_tls = any(isinstance(one, urllib3.exceptions.SSLError) for one in held)
    return any(
        isinstance(one, urllib3.exceptions.LocationValueError) or (over_tls and _is_of_a_bundle(one)) for one in held
    )


def _is_of_a_bundle(error: BaseException) -> bool:
    no_certificates = isinstance(error, ssl.SSLError) and error.reason in _NO_CERTIFICATES
    return no_certificates or isinstance(error, _UNREADABLE)


def _modules(traceback: TracebackType | None) -> Iterator[str]:
    while traceback:
        yield traceback.tb_frame.f_globals.get("__name__", "")
        traceback = traceback.tb_next


def _is_of_other_host(error: BaseException) -> bool:
    """True for urllib3's own check of the host's name, after the handshake; its place differs between the versions."""
    return type(error).__name__ == "CertificateError" and type(error).__module__.startswith("urllib3.")


def _is_without_tunnel(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno is None and str(error).startswith(_NO_TUNNEL)


def _held_by(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it holds, each once."""
    found: dict[int, BaseException] = {}
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in found:
            continue
        found[id(one)] = one
        yield one
        kept = getattr(one, "kwargs", None)  # of botocore, which formats its message from them
        waiting += [*one.args, one.__cause__, *(kept.values() if isinstance(kept, dict) else ())]
