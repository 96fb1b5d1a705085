"""The fixed words of the product. A template is filled with names, never with markup or code."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def load_templates(name: str) -> dict[str, dict[str, str]]:
    """The templates of ``templates/<name>.toml``, by table and key."""
    text = (resources.files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def fill(template: str, **names: str) -> str:
    """Put names in place of ``{name}``; braces inside a name stay what they are."""
    pieces = template.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}")
        filled.extend((names[name], rest))
    return "".join(filled)
