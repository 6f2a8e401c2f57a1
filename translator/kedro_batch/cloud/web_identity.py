"""Roles that are assumed with a web identity token, which CI systems and Amazon EKS put into a file.

botocore reads the file anew whenever it gets a session of the role. No login mends a token that is not taken: whoever
has put it there has to put another one there.
"""

ASSUMING = "AssumeRoleWithWebIdentity"
"""The operation of AWS STS."""
TOKEN_REFUSED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPRejectedClaim",
        "InvalidIdentityToken",
        "InvalidIdentityTokenException",
        "ValidationError",
    }
)
"""By these names AWS STS refuses the token itself (AWS STS, AssumeRoleWithWebIdentity)."""
_FETCHER = ("botocore.credentials", "AssumeRoleWithWebIdentityCredentialFetcher")
"""The class of botocore that reads the file, and asks AWS STS."""
_NAMED = "the file that AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile, names"


def token_file_of(error: BaseException) -> str | None:
    """Return the file of the token with which a session was to be got when an exception was raised.

    Returns:
        The file; empty if botocore does not tell it; None if no such session was to be got.
    """
    traceback = error.__traceback__
    while traceback:
        fetcher = traceback.tb_frame.f_locals.get("self")
        if (type(fetcher).__module__, type(fetcher).__name__) == _FETCHER:
            loader = getattr(fetcher, "_web_identity_token_loader", None)  # it is told by no exception, nor in public
            return str(getattr(loader, "_web_identity_token_path", ""))
        traceback = traceback.tb_next
    return None


def put_token(file: str) -> str:
    """Return what to do about a token that does not work."""
    return f"Put a valid token into {file or _NAMED}, as Amazon EKS does by itself: it is read anew each time"
