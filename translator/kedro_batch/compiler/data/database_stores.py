"""Judges where a database is, by its address or its connection: on a server, in a file, in memory."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from kedro_batch.compiler.data.catalog import Entry
from kedro_batch.compiler.data.stores import Store, Verdict, judge_local_path

ADDRESSES = ("con", "connection_string", "url", "uri")
"""The arguments that hold a database's address."""
_LOCAL_DATABASES = frozenset({"access", "derby", "duckdb", "h2", "hsqldb", "sqlite", "ucanaccess"})
_IN_PROCESS = frozenset({"dask", "datafusion", "pandas", "polars"})
_IN_MEMORY_FILE = re.compile(r"(:memory:|:default:|mem:|memory:|file::memory:)|.*mode=memory", re.IGNORECASE)
_THIS_MACHINE = re.compile(r"//([^/@]*@)?(localhost|127\.0\.0\.1|\[::1\])([:/;]|$)", re.IGNORECASE)


def judge_address(entry: Entry, shared_paths: Sequence[PurePosixPath]) -> Verdict | None:
    """Judge by a database's address, in the entry or in credentials that are written into it; None if it has none."""
    credentials = entry.get("credentials")
    for holder in (entry, credentials) if isinstance(credentials, Mapping) else (entry,):
        for argument in ADDRESSES:
            if isinstance(holder.get(argument), str):
                return _judge_text(argument, holder[argument], shared_paths)
    return None


def _judge_text(name: str, address: str, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge a database's address: ``postgresql://...``, ``sqlite:///x.db``, ``jdbc:h2:mem:x``.

    An address may hold a password, so the reason names only its kind.
    """
    scheme, _, rest = address.removeprefix("jdbc:").partition(":")
    scheme = scheme.partition("+")[0].lower()
    kind = scheme if scheme.isalnum() else "database"
    if _THIS_MACHINE.search(rest):
        return Verdict(Store.LOCAL, f"its {name} is a {kind} server on localhost")
    if scheme not in _LOCAL_DATABASES:
        return Verdict(Store.SHARED, f"its {name} is a {kind} address")
    file = re.sub("^///?", "", rest, count=1).partition(";")[0]
    if re.match("(md:|motherduck:|tcp:|ssl:|hsqls?:|https?:)", file) or (scheme == "derby" and rest.startswith("//")):
        return Verdict(Store.SHARED, f"its {name} is a {kind} server")
    if not file or _IN_MEMORY_FILE.match(file):
        return Verdict(Store.MEMORY, f"its {name} is a {kind} database in memory")
    return judge_local_path(file.partition("?")[0], f"its {name} is a {kind} file", shared_paths)


def judge_connection(entry: Entry, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge the connection of an ibis dataset: a backend and its arguments; the default is DuckDB in memory."""
    connection = entry.get("connection")
    given = connection if isinstance(connection, Mapping) else {}
    if not given and "credentials" in entry:
        return Verdict(Store.UNKNOWN, "its connection is among the credentials, which are not read")
    backend = str(given.get("backend", "duckdb")).lower()
    if backend in _IN_PROCESS:
        return Verdict(Store.MEMORY, f"its backend {backend} works in memory")
    if backend in _LOCAL_DATABASES:
        return _judge_database(backend, given.get("database"), shared_paths)
    if str(given.get("host")) in ("localhost", "127.0.0.1", "::1"):
        return Verdict(Store.LOCAL, f"its connection is a {backend} server on localhost")
    return Verdict(Store.SHARED, f"its backend is {backend}")


def _judge_database(backend: str, database: Any, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    if not isinstance(database, str) or not database or database.startswith(":memory:"):
        return Verdict(Store.MEMORY, f"its backend is {backend}, in memory")
    if database.startswith(("md:", "motherduck:")):
        return Verdict(Store.SHARED, "its database is on MotherDuck")
    return judge_local_path(database, f"its database is {database}", shared_paths)
