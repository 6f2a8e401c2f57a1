"""Finds names with their values inside of texts: connection strings, JSON, the words of a command, a shell's scripts.

Every pattern here reads a text in a time that grows with its length: a plan may come from anyone.
"""

import re
from collections.abc import Iterator, Sequence

_HINT = re.compile(r"pass|pwd|secret|token|key|auth|cred|pat\b|[^\x00-\x7f]", re.IGNORECASE)
_VALUE = r"\\{0,3}[\"']?(\$?\{[^\s{}]{0,100}\}{1,2}|<[^\s<>]{0,100}>|[^\s\"'&;,}\])|\\]{0,100})"
"""The beginning of a value; it may be within a text in JSON: ``\\"password\\": \\"x\\"``."""
_PAIR = re.compile(rf"(?<![\w.-])([\w.-]+)(?:\s?=(?!=)\s?|\\{{0,3}}[\"']\]?\s{{0,3}}[:=](?!=)\s{{0,3}})(?={_VALUE})")
"""``password=x``, ``"password": "x"`` and ``["password"] = "x"``."""
_FLOW_PAIR = re.compile(rf"(?<![\w.-])([\w.-]+):\s{{1,3}}(?={_VALUE})")
"""What stands in a map of YAML. Elsewhere a colon is often one of a sentence."""
_STANDS_FOR_ONE = re.compile(
    r"[$`].*|<.*|\?|%s|:[A-Za-z_]\w*|[A-Za-z_][\w.]*[(\[].*|[\[({]|"
    r"(self|os|args?|cfg|config|settings|env|params|secrets?|credentials?)\.\S*",
    re.IGNORECASE | re.DOTALL,
)
"""A variable of a shell or what it reads from a file, a parameter of SQL, the code that finds a value."""
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""The letters and signs of ASCII in full width, of which ``\\w`` knows only the letters."""
_SHELL_WORD = re.compile(r"[^\s;|&()]+|[;|&()]+")
_SEPARATOR = re.compile(r"[;|&()]+")
_HEADER = re.compile(r"(?<!\S)[\"']?(?:-H|--header)[\s=]{0,3}[\"']?([\w-]+):\s{0,3}([^\"'\n]{0,100})")
_SCHEME = re.compile(r"(Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_PASSWORD_OF_USER = re.compile(r"[^:\s]*:(.+)", re.DOTALL)
_CURL_USER = re.compile(r"(?:-[A-Za-z]{0,9}?[uU]|--user=?|--proxy-user=?)(.*)", re.DOTALL)
_LOGIN = "login"
_PASSWORD_OPTIONS = {
    "curl": _CURL_USER,
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb"), re.compile(r"-p(.+)", re.DOTALL)),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongoimport", "sshpass"), re.compile(r"-p(.*)", re.DOTALL)),
    "redis-cli": re.compile(r"-a(.*)", re.DOTALL),
    "sqlcmd": re.compile(r"-P(.*)", re.DOTALL),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify"), re.compile(r"-w(.*)", re.DOTALL)),
    _LOGIN: re.compile(r"-p(.*)", re.DOTALL),
}
"""The short options with which programs take a password, attached or as the next word; those of MySQL only attached.
curl takes it behind the user's name."""
_LOG_IN = frozenset(("docker", "podman", "nerdctl", "skopeo", "buildah", "crane", "registry", "az", "oc"))
"""Programs with a command ``login`` that takes a password."""


def pairs_inside(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a text, of those that may be credentials."""
    if not _HINT.search(text):
        return
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    patterns = (_PAIR, _FLOW_PAIR) if text.lstrip().startswith(("{", "[")) else (_PAIR,)
    for pattern in patterns:
        for found in pattern.finditer(text):
            if not _STANDS_FOR_ONE.fullmatch(found[2]):
                yield found[1].lstrip("-"), found[2]


def options_with_values(words: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the positions of words that stand behind an option, with its name, and of headers with theirs."""
    option = ""
    for position, word in enumerate(words):
        if option and not word.startswith("-"):
            yield position, option, word
        match words[max(0, position - 3) : position]:
            case ["config" | "configure", "set", str(name)]:  # as of the AWS CLI
                yield position, name, word
        if position and words[position - 1] in ("-H", "--header"):
            yield from ((position, name, value) for name, value in _headers(f"-H {word}"))
        option = word.lstrip("-") if word.startswith("--") and "=" not in word else ""


def options_in_script(script: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a shell's script that have a value behind them, with their values, and headers likewise."""
    for _, name, value in options_with_values(shell_words(script)):
        if not _STANDS_FOR_ONE.fullmatch(value) and not _SEPARATOR.fullmatch(value):
            yield name, value
    yield from _headers(script)


def shell_words(script: str) -> list[str]:
    """Return about the words of a shell's script: without quotes, and apart wherever there is a blank."""
    return [word.replace('"', "").replace("'", "") for word in _SHELL_WORD.findall(script)]


def passwords_of_programs(words: Sequence[str]) -> Iterator[int]:
    """Yield the positions of passwords that programs such as curl take with a short option."""
    program, waits = "", False
    for position, word in enumerate(words):
        if _SEPARATOR.fullmatch(word):
            program, waits = "", False
            continue
        given = word if waits and not word.startswith("-") else ""
        waits = False
        if not given and program and (found := _PASSWORD_OPTIONS[program].fullmatch(word)):
            given, waits = found[1], not found[1]
        elif not given and (name := word.rpartition("/")[2]) in _PASSWORD_OPTIONS:
            program = name if name != _LOGIN or words[max(0, position - 1)] in _LOG_IN else program
        if program == "curl":
            user = _PASSWORD_OF_USER.fullmatch(given)
            given = user[1] if user else ""
        if given and not _STANDS_FOR_ONE.fullmatch(given):
            yield position


def _headers(text: str) -> Iterator[tuple[str, str]]:
    """Yield the headers that a command sends; what stands behind a scheme is a token."""
    for found in _HEADER.finditer(text):
        name, value = found[1], found[2].strip()
        scheme = _SCHEME.match(value)
        if scheme:
            name, value = "token", value[scheme.end() :]
        if not _STANDS_FOR_ONE.fullmatch(value):
            yield name, value
