"""How numbers are spelled out for people."""

_MINUTE, _HOUR = 60, 3600
_TENTHS_BELOW = 10


def counted(number: int, noun: str) -> str:
    """Spell a count: ``1 job``, ``2 jobs``, ``10,000 jobs``."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Spell a duration given in seconds: ``0.4 s``, ``41 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.1f} s" if seconds < _TENTHS_BELOW else f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
