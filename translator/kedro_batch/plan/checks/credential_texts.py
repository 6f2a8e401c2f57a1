"""Finds names with their values inside of texts: connection strings, JSON, YAML, base64, commands and scripts.

Every pattern here reads a text in a time that grows with its length: a plan may come from anyone.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_HINT = re.compile(r"pass|pwd|secret|token|key|auth|cred|identified|proxy|sudo|kinit|pat\b|[^\x00-\x7f]", re.IGNORECASE)
_VALUE = r"\\{0,3}[\"']?(\$?\{[^\s{}]{0,100}\}{1,2}|<[^\s<>]{0,100}>|[^\s\"'&;,}\])|\\]{0,100})"
"""The beginning of a value; it may be within a text in JSON: ``\\"password\\": \\"x\\"``."""
_PAIR = re.compile(rf"(?<![\w.-])([\w.-]+)(?:\s?=(?!=)\s?|\\{{0,3}}[\"']\]?\s{{0,3}}[:=](?!=)\s{{0,3}})(?={_VALUE})")
"""``password=x``, ``"password": "x"`` and ``["password"] = "x"``."""
_FLOW_PAIR = re.compile(rf"(?<![\w.-])([\w.-]+):\s{{1,3}}(?={_VALUE})")
"""What stands in a map of YAML. Elsewhere a colon is often one of a sentence."""
_LINE_PAIR = re.compile(
    rf"(?:^[ \t]*(?:- )?|[\"'])([\w.-]+):[ \t]{{1,3}}(?={_VALUE}(?:[\"']|\S*[ \t]*(?:$|#)))", re.MULTILINE
)
"""A name and one word that fill a line or a text in quotes, as in YAML."""
_NAME_BESIDE_VALUE = re.compile(
    rf"[\"'](?:name|key)[\"']\s{{0,3}}:\s{{0,3}}[\"']([\w.-]{{1,100}})[\"'],\s{{0,9}}[\"']value[\"']\s{{0,3}}:\s{{0,3}}{_VALUE}",
    re.IGNORECASE,
)
"""``{"name": "PASSWORD", "value": "x"}``."""
_STDIN = (
    r"(?:--(?:password-stdin|with-token|passphrase-fd[ =]0)\b|\bpasswd\s[^|;\n]{0,99}--stdin\b|\b(?:chpasswd|kinit)\b|"
    r"\bsudo(?:\s{1,9}-[\w=-]{1,30}){0,9}?\s{1,9}(?:(?-i:-[A-Za-z]{0,9}S[A-Za-z]{0,9})|--stdin)\b)"
)
_PHRASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\blogin\s{1,9}\S{1,100}\s{1,9}password\s{1,9}(\S{1,100})",
        r"\b(?:identified\s{1,9}by|password)\s{1,9}'([^'\n]{1,100})'",
        rf"\b(?:echo|printf)\s{{1,9}}(?:-\w{{1,3}}\s|[\"']?%s\S{{0,3}}\s)?[\"']?([^\s\"'|]{{1,100}})[\"']?\s{{0,9}}\|[^|;\n]{{0,200}}{_STDIN}",
        rf"{_STDIN}[^|;\n]{{0,200}}<<<\s{{0,9}}[\"']?([^\s\"']{{1,100}})",
    )
)
"""How a password is said in other words: in a file .netrc, in SQL, to the standard input of a login or of sudo."""
_STANDS_FOR_ONE = re.compile(
    r"[$`].*|<.*|\?|%s|:[A-Za-z_]\w*|[A-Za-z_][\w.]*[(\[].*|[\[({]|(str|string|bytes)|"
    r"(self|os|args?|cfg|config|settings|env|params|secrets?|credentials?)\.\S*",
    re.IGNORECASE | re.DOTALL,
)
"""A variable of a shell or what it reads from a file, a parameter of SQL, a type, the code that finds a value."""
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""The letters and signs of ASCII in full width, of which ``\\w`` knows only the letters."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}")
_URL_SAFE = str.maketrans("+/", "-_")
_SHELL_WORD = re.compile(r"[^\s;|&()]+|[;|&()\n]+")
_SEPARATOR = re.compile(r"[;|&()\n]+")
_HEADER = re.compile(
    r"(?:(?<!\S)[\"']?(?:-H|--header)[\s=]{0,3}[\"']?([\w-]+)|\b(authorization|(?:x|private)-[\w-]{0,30}(?:key|token))):"
    r"\s{0,3}([^\"'\n]{1,100})",
    re.IGNORECASE,
)
"""What curl and others take behind an option; the headers of credentials also without."""
_SCHEME = re.compile(r"(Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_LONG_OPTION = re.compile(r"--[^=]+|-[A-Za-z][\w-]{4,}")


class _PasswordOption(NamedTuple):
    """How a program takes a password with an option.

    Attributes:
        option: Stands before it, attached or as a word of its own.
        password: What stands behind the option, with the password as its group; some take a user's name before it.
    """

    option: re.Pattern[str]
    password: re.Pattern[str]


def _by_program(*rows: tuple[str, str, str]) -> dict[str, list[_PasswordOption]]:
    found: dict[str, list[_PasswordOption]] = {}
    for programs, option, password in rows:
        how = _PasswordOption(re.compile(rf"(?:{option})(.*)", re.DOTALL), re.compile(password, re.DOTALL))
        for program in programs.split():
            found.setdefault(program, []).append(how)
    return found


_LOGIN = "login"
_ALL, _BEHIND_USER, _BEFORE_HOST = "(.+)", r"[^:\s]*:(.+)", r"[^:@/\s]*:([^@/\s]+)@.+"
_PASSWORD_OPTIONS: Mapping[str, Sequence[_PasswordOption]] = _by_program(
    ("curl", "-[A-Za-z]{0,9}?[uU]|--user=?|--proxy-user=?", _BEHIND_USER),
    ("curl", "-[A-Za-z]{0,9}?x|--(?:pre)?proxy=?", _BEFORE_HOST),
    ("http https xh", "-a|--auth=?", _BEHIND_USER),
    ("lftp", "-u", r"[^,\s]*,(.+)"),
    ("smbclient", "-U", r"[^%\s]*%(.+)"),
    ("sqlplus sqlldr expdp impdp", r"(?=[\w$#]+/)", r"[\w$#]+/([^/@]+)(?:@.*)?"),
    ("openssl", "-pass(?:in|out)?", "pass:(.+)"),
    ("mysql mysqldump mysqladmin mysqlimport mariadb 7z 7za 7zr", "-p(?=.)", _ALL),
    (f"mongo mongosh mongodump mongoimport sshpass cqlsh beeline twine {_LOGIN}", "-p", _ALL),
    ("sqlcmd bcp zip unzip", "-P", _ALL),
    ("redis-cli", "-a", _ALL),
    ("ldapsearch ldapadd ldapmodify", "-w", _ALL),
    ("ssh-keygen", "-N", _ALL),
    ("wandb vault", "login(?!.)", _ALL),
)
"""The short options with which programs take a password; those of MySQL and 7-Zip only attached."""
_NTH_ARGUMENT = {"isql": 3, "iusql": 3}
"""Programs that take a password as so manyeth word that is no option: of ODBC, behind the data source and the user."""
_LOG_IN = frozenset(("docker", "podman", "nerdctl", "skopeo", "buildah", "crane", "registry", "az", "oc"))
"""Programs with a command ``login`` that takes a password."""
_REDIRECTIONS = frozenset(("<", ">", ">>", "2>"))


def pairs_inside(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a text, of those that may be credentials."""
    if not _HINT.search(text):
        return
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    patterns = [_PAIR, _LINE_PAIR, _NAME_BESIDE_VALUE]
    if text.lstrip().startswith(("{", "[")):
        patterns.append(_FLOW_PAIR)
    pairs = [(found[1].lstrip("-"), found[2]) for pattern in patterns for found in pattern.finditer(text)]
    pairs += [("password", found[1]) for pattern in _PHRASES for found in pattern.finditer(text)]
    pairs += _headers(text)
    words = shell_words(text)
    if len(words) > 1:  # perhaps a script
        pairs += [(name, value) for _, name, value in options_with_values(words) if not _SEPARATOR.fullmatch(value)]
    yield from ((name, value) for name, value in pairs if not _STANDS_FOR_ONE.fullmatch(value))


def decoded_texts(text: str) -> Iterator[str]:
    """Yield what stands in a text in base64, if that is a text, too."""
    for found in _BASE64.finditer(text):
        encoded = found[0].translate(_URL_SAFE)
        try:
            decoded = urlsafe_b64decode(encoded[: len(encoded) // 4 * 4]).decode("ascii")
        except ValueError:
            continue
        yield decoded


def options_with_values(words: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the positions of words behind an option or the name of a setting, with that name, and of headers."""
    option = ""
    for position, word in enumerate(words):
        if option and not word.startswith("-"):
            yield position, option, word
        match words[max(0, position - 4) : position]:
            case (
                [*_, "config" | "configure", "set", str(name)]  # as of the AWS CLI
                | [*_, "git" | "poetry", "config", str(name)]
                | [*_, "git" | "poetry", "config", "--global" | "--local", str(name)]
                | [*_, "setenv", str(name)]
                | [*_, "set", "-x" | "-gx" | "-Ux", str(name)]  # as of fish
            ):
                yield position, name, word
            case [*_, "-H" | "--header"]:
                yield from ((position, name, value) for name, value in _headers(f"-H {word}"))
        option = word.lstrip("-") if _LONG_OPTION.fullmatch(word) else ""


def shell_words(script: str) -> list[str]:
    """Return about the words of a shell's script: without quotes, and apart wherever there is a blank."""
    joined = script.replace("\\\n", " ")
    return [word.replace('"', "").replace("'", "") for word in _SHELL_WORD.findall(joined)]


def passwords_of_programs(words: Sequence[str]) -> Iterator[int]:
    """Yield the positions of passwords that programs such as curl take with a short option, or in a certain place."""
    program, arguments = "", 0
    waiting: _PasswordOption | None = None
    for position, word in enumerate(words):
        if _SEPARATOR.fullmatch(word):
            program, waiting = "", None
            continue
        password: str | None = None
        if waiting and not word.startswith("-"):
            password = _password_in(waiting, word)
            waiting = None
        elif found := _option_in(program, word):
            waiting = None if found[1] else found[0]
            password = _password_in(*found)
        else:
            waiting, name = None, word.rpartition("/")[2]
            if name in _NTH_ARGUMENT or (name in _PASSWORD_OPTIONS and _is_called(name, words[max(0, position - 1)])):
                program, arguments = name, 0
            elif not word.startswith("-"):
                arguments += -1 if word in _REDIRECTIONS else 1  # the file behind it is none
                password = word if arguments == _NTH_ARGUMENT.get(program) else None
        if password and not _STANDS_FOR_ONE.fullmatch(password):
            yield position


def _is_called(name: str, before: str) -> bool:
    """True unless a word is a command of another program than those that log in."""
    return name != _LOGIN or before in _LOG_IN


def _option_in(program: str, word: str) -> tuple[_PasswordOption, str] | None:
    """Return the option of a program that a word is or begins with, and what is attached to it."""
    for one in _PASSWORD_OPTIONS.get(program, ()):
        if found := one.option.fullmatch(word):
            return one, found[1]
    return None


def _password_in(how: _PasswordOption, given: str) -> str | None:
    found = how.password.fullmatch(given)
    return found[1] if found else None


def _headers(text: str) -> Iterator[tuple[str, str]]:
    """Yield the headers that a command sends; what stands behind a scheme is a token."""
    for found in _HEADER.finditer(text):
        value = found[3].strip()
        scheme = _SCHEME.match(value)
        name, value = ("token", value[scheme.end() :]) if scheme else (found[1] or found[2], value)
        yield name, value if found[1] else value.partition(" ")[0]  # without an option, more may follow
