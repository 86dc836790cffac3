"""The languages of every text; apart from the model, so that --help need not load pydantic."""

from __future__ import annotations

from typing import Literal

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
