"""A scorecard in words: the rows of its table and the sentences below it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from criukb.publish.texts import Texts, number
from criukb.scores.card import Card, Share
from criukb.stats.rates import rate
from criukb.stats.sightings import Sightings

MAX_NAMES = 4


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One card with what the store says; all texts are plain, with `code spans`."""

    card: Card
    logs: int
    seen: Sightings
    t: Texts

    def rows(self) -> list[tuple[str, str]]:
        """Return (what was tried, how it went)."""
        t, card = self.t, self.card
        kind = "cause" if card.kind == "cause" else "other"
        rows = [(t(f"card.{name}_{kind}"), self._of(getattr(card, name))) for name in ("matched", "unmatched")]
        rows += [(t(f"card.{name}"), self._of(getattr(card, name))) for name in ("mutated", "broken")]
        rows.append((t(f"card.healthy_{card.kind}"), self._of(card.healthy)))
        if card.kind == "cause":
            rows += [(t("card.named", logs=number(self.logs)), self._precision()), *self._store()]
        return rows

    def notes(self) -> list[str]:
        """Return the sentences: what failed, if anything, and what the numbers can and cannot say."""
        notes = [self._listing("failing", self.card.failing), self._listing("weak", self.card.weak)]
        notes.append(self._listing("elsewhere", self.card.elsewhere))
        return [*filter(None, notes), self.t("card.note")]

    def as_json(self) -> dict[str, Any]:
        """Return the counts, with the interval of the precision (None without a log) and what the store says."""
        part, whole = self.card.named
        found = rate(part, whole)
        interval = [round(found.low, 6), round(found.high, 6)] if whole and self.card.kind == "cause" else None
        return self.card.as_json() | {"logs": self.logs, "precision_interval": interval, "store": asdict(self.seen)}

    def _of(self, share: Share) -> str:
        return self.t("card.of", part=number(share.part), whole=number(share.whole)) if share.whole else self._none()

    def _none(self) -> str:
        return self.t("figure.none")

    def _precision(self) -> str:
        part, whole = self.card.named
        if not whole:
            return self._none()
        found = rate(part, whole)
        return self.t(
            "card.precision", share=self.t.share(part, whole), interval=self.t.interval(found.low, found.high)
        )

    def _store(self) -> list[tuple[str, str]]:
        t, seen = self.t, self.seen
        if not seen.judged:
            return [(t("card.hits"), t("card.no_runs"))]
        values = {
            "hits": number(seen.hits),
            "judged": number(seen.judged),
            "hit_runs": seen.hit_runs,
            "runs": seen.runs,
        }
        rows = [(t("card.hits"), t("card.hits_value", **values))]
        if seen.days is not None:
            rows.append((t("card.last"), t("card.days_n", n=seen.days) if seen.days else t("card.newest")))
        return rows

    def _listing(self, key: str, names: tuple[str, ...]) -> str:
        if not names:
            return ""
        shown = self.t("list.comma").join(f"`{name}`" for name in names[:MAX_NAMES])
        rest = len(names) - MAX_NAMES
        return self.t(f"card.{key}", names=shown + (self.t("card.more", rest=rest) if rest > 0 else ""))
