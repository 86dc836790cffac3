"""What stands below each table of ``criukb stats``: what is divided by what, and what the figures do not say."""

from __future__ import annotations

_RATE = {
    "en": "rate = failed / ran, 95 % Wilson interval; ran = passed + failed (fail, timeout, aborted); skip and "
    "not-run count as neither.",
    "zh": "比率 = 失败 / 已执行，附 95% Wilson 区间；已执行 = 通过 + 失败（fail、timeout、aborted）；skip 与 not-run "
    "两者都不算。",
}
_OWN = {
    "en": " Outages, bad set-ups and failures of the classes environment and usage are left out.",
    "zh": "环境故障、配置有误的运行，以及环境类和用法类的失败，都不计入。",
}
_LEVEL = {
    "en": " q: Fisher's exact test of this row against the rest, two-sided, corrected (Benjamini-Hochberg) for all "
    "rows; of two rows only the worse one is compared. Jobs, kernels and releases come together: a difference says "
    "where to look, not why.",
    "zh": "q：本行与其余各行合计相比的 Fisher 精确检验（双侧），对所有行作 Benjamini-Hochberg 校正；"
    "只有两行时只比较较差的一行。作业、内核与版本往往一同变化，差异只说明该往哪里查，并不说明原因。",
}
NOTES: dict[str, dict[str, str]] = {
    "week": {"en": " First attempts only.", "zh": "只计首次尝试。"},
    **dict.fromkeys(("flavor", "kernel", "arch", "job"), _LEVEL),
    "regressions": {
        "en": " The week against the eight weeks before it, first attempts of the jobs that judged a test in both; "
        "p: Fisher's exact test, one-sided; q: p corrected for all tests compared (Benjamini-Hochberg), shown up to "
        "0.05; at least 5 results on each side and 2 failures.",
        "zh": "本周与之前八周相比，只取两段时间都执行过该测试的作业，且只取首次尝试；p：Fisher 精确检验（单侧）；q："
        "对所有比较过的测试作 Benjamini-Hochberg 校正，只列出不超过 0.05 的；两侧各至少 5 个结果，合计至少 2 "
        "次失败。",
    },
    "changes": {
        "en": " week is the first one after the change, which lies between earliest and latest (95 %); q: corrected "
        "for all series. The 200 tests with most failures are looked at, first attempts only.",
        "zh": "“周”是变化之后的第一周，变化发生在“最早”与“最晚”之间（95%）；q：对所有序列校正。"
        "只考察失败最多的 200 个测试的首次尝试。",
    },
    "flakes": {
        "en": "rate = commits with passes and failures in equal runs / commits judged twice or more, 95 % Wilson "
        "interval; flips = changes between neighbouring runs of a job, of so many pairs. Runs without a recorded "
        "commit cannot prove a flake.",
        "zh": "比率 = 相同配置下既有通过又有失败的提交数 / 至少执行过两次的提交数，附 95% Wilson 区间；结果改变 = "
        "同一作业相邻两次运行之间结果改变的次数，“对数”是相邻运行共有多少对。没有记录提交的运行不能证明测试不稳定。",
    },
    "lifecycle": {
        "en": "regressed: seen again after a proved fix; new: first seen in the week, never before in the "
        "store, although earlier runs could show it; known; quiet: not seen in the week although its runs could show "
        "it; fixed: not seen in the week, and the clean runs since prove it. chances: runs that could show "
        "it (a job that showed it judged one of "
        "its five main tests). rate = (sightings - 1) / chances from the first to the last sighting, 95 % Wilson "
        "interval; needed = ceil(ln 0.05 / ln(1 - low)), from three sightings on; clean = chances since the last "
        "one.",
        "zh": "regressed（复发）：修复得到证明之后又出现；new（新出现）：本周首次出现（整个结果库中此前没有），"
        "而此前的运行本可以看到它；known"
        "（已知）；quiet（沉寂）：本周的运行本可以看到它，却没有出现；fixed（已修复）：本周没有出现，"
        "此后的干净运行足以证明。机会数：有机会看到它的运行（曾出现它的作业执行了最常出现它的五个测试之一）。比率 ="
        "（出现次数 - 1）/ 首末两次出现之间的机会数，附 95% Wilson 区间；"
        "需要 = ceil(ln 0.05 / ln(1 - 下限))，至少出现三次才计算；干净运行 = 最后一次出现之后的机会数。",
    },
    "verdict": {
        "en": " broken: in some job the latest five runs or more all failed, or it never passed; flaky: opposite "
        "results on one commit, or back and forth within a job; environment: only such failures, a tenth of its "
        "results or more; stable: no failure in five results or more, or none in the week and a proved fix; no-data: "
        "everything else, never green.",
        "zh": "broken（持续失败）：在某个作业里最近至少五次全部失败，或从未通过；flaky（不稳定）：同一提交的结果相反，"
        "或在一个作业里时好时坏；environment（环境）：只有环境类失败，且不少于其结果的十分之一；stable（稳定）："
        "至少有五个结果且无一失败，或本周没有失败且修复已得到证明；no-data（无数据）：其余情况，绝不算通过。",
    },
    "retries": {
        "en": "Of the first attempts of runs, so many had a failure (failed of runs). If attempts were independent, "
        "k retries would leave remaining = p^(k+1) red (low to high from the 95 % Wilson interval of p), turn "
        "hidden = p - p^(k+1) green, and cost the extra minutes per run. Whether they are: ratio = how many times as "
        "often a test fails again after a failure than after a pass (Mantel-Haenszel over pairs of first and second "
        "attempts of one commit), p = chance of that if independent.",
        "zh": "首次尝试的运行中，有失败的比例 p = 失败 / 运行数。假如各次尝试相互独立，k 次重试之后：仍失败 = p^(k+1)"
        "（上下限由 p 的 95% Wilson 区间得出），被掩盖 = p - p^(k+1)，“多花的分钟”按每次运行平均。是否独立："
        "倍数 = 测试在首次失败之后失败的频率，是首次通过之后的几倍（同一提交的第一、第二次尝试配对，"
        "Mantel-Haenszel），p 列 = 假如独立，偶然出现这种情况的概率。",
    },
    "durations": {
        "en": "Medians in seconds of passes of one job, the eight weeks before against the week, at most the latest "
        "50 of each; ratio: Hodges-Lehmann with its 95 % interval; q: Mann-Whitney for a tenth longer or more, "
        "corrected for all tests with at least 8 passes on each side.",
        "zh": "同一作业中通过的结果耗时（秒）的中位数，把之前八周与本周相比，每侧最多取最近 50 个；倍数："
        "Hodges-Lehmann 估计及其 95% 区间；q：检验是否至少慢了十分之一（Mann-Whitney），"
        "对两侧各有至少 8 次通过的所有测试校正。",
    },
    "cofailures": {
        "en": "Tests that fail in the same runs more often than chance explains, in the last 1,000 runs: rate = "
        "together / any failed, 95 % Wilson interval; q: hypergeometric, corrected for all pairs.",
        "zh": "最近 1,000 次运行中，一同失败的次数超出偶然的测试：比率 = 一同失败 / 任一失败，附 95% Wilson 区间；"
        "q：超几何检验，对所有测试对校正。",
    },
    "control": {
        "en": " First attempts. Limits: centre ± 3·sqrt(c(1 - c)/ran), widened by how much more neighbouring weeks "
        "vary than chance (Laney's p' chart). A week without runs has no rate and is no good week.",
        "zh": "只计首次尝试。控制限：中心线 ± 3·sqrt(c(1 - c)/ran)，再按相邻两周的实际波动超出偶然的倍数放宽（Laney "
        "p' 图）。没有运行的一周没有失败率，更不算正常。",
    },
}
_WITH_RATE = frozenset({"run", "criu_version", "cause", "test", "week", "flavor", "kernel", "arch", "job"})
_WITH_OWN = frozenset({"regressions", "changes", "verdict"})
_ALSO_RATE = frozenset({"regressions", "changes", "verdict", "control"})
_WINDOW = {"en": " Window: {window}.", "zh": "统计窗口：{window}。"}
_ALL = {"en": "all runs", "zh": "全部运行"}
_HISTORY = {"en": "{week} and the 13 weeks before it", "zh": "{week} 及其之前的 13 周"}
SYNTHETIC = {
    "en": "SYNTHETIC: these runs were generated by criukb synthetic; nothing here was measured.",
    "zh": "合成数据：这些运行由 criukb synthetic 生成，并非实测。",
}
_FOUND_NONE = {
    "regressions": {"en": "No test fails significantly more often.", "zh": "没有测试的失败率显著升高。"},
    "changes": {"en": "No change shows.", "zh": "没有发现变化。"},
    "flakes": {"en": "No test with opposite results.", "zh": "没有结果相反的测试。"},
    "durations": {"en": "No test takes significantly longer.", "zh": "没有测试明显变慢。"},
    "cofailures": {
        "en": "No tests fail together more often than chance explains.",
        "zh": "没有测试一同失败的次数超出偶然。",
    },
}
_NO_DATA = {
    "regressions": {
        "en": "Not enough data: no test was judged by one job both in the week and in the eight weeks before it.",
        "zh": "数据不足：没有测试在本周与之前八周都由同一作业执行过。",
    },
    "changes": {
        "en": "Not enough data: a change shows only in eight weeks with runs or more.",
        "zh": "数据不足：至少要有八周的运行才能看出变化。",
    },
    "flakes": {
        "en": "Not enough data: no two equal runs of one recorded commit.",
        "zh": "数据不足：没有两次配置相同且记录了同一提交的运行。",
    },
    "durations": {
        "en": "Not enough data: no test has durations both in the week and in the eight weeks before it.",
        "zh": "数据不足：没有测试在本周与之前八周都有耗时记录。",
    },
}
_NO_ROWS = {"en": "No rows: there is no data.", "zh": "没有数据。"}


def nothing(by: str, lang: str, *, compared: bool) -> str:
    """Return what to say instead of an empty table: nothing found, or nothing to compare."""
    if compared:
        return _FOUND_NONE.get(by, _NO_ROWS)[lang]
    return _NO_DATA.get(by, _NO_ROWS)[lang]


def note(by: str, lang: str, window: str) -> str:
    """Return the note below the table ``by``."""
    text = _RATE[lang] if by in _WITH_RATE | _ALSO_RATE else ""
    text += NOTES.get(by, {}).get(lang, "")
    text += _OWN[lang] if by in _WITH_OWN else ""
    return (text + _WINDOW[lang].format(window=window)).strip()


def window_name(lang: str, week: str | None, *, history: bool) -> str:
    """Return how the window of a table is called."""
    if history and week:
        return _HISTORY[lang].format(week=week)
    return week or _ALL[lang]
