"""Characters that nobody sees, or that change how others are seen."""

import re

INVISIBLE = re.compile(
    "[\x85\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What ends lines to YAML 1.1 but not to YAML 1.2, git or an editor; what turns the direction of text; and what is
not seen at all: the default ignorable characters of Unicode, and the empty pattern of Braille."""
