"""What the commands say to people, per language."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "known": {"en": "known", "zh": "已知"},
    "unknown": {"en": "unknown", "zh": "未知"},
    "clean": {"en": "clean", "zh": "正常"},
    "cause": {"en": "cause", "zh": "原因"},
    "line": {"en": "line", "zh": "第"},
    "confidence": {"en": "confidence", "zh": "置信度"},
    "chain": {"en": "then", "zh": "后果"},
    "secondary": {"en": "second cause", "zh": "第二原因"},
    "read_on": {"en": "read on", "zh": "详细说明"},
    "unknown_errors": {"en": "Errors that no entry knows", "zh": "没有条目收录的 Error 行"},
    "area": {"en": "area", "zh": "子系统"},
    "function": {"en": "printed by", "zh": "打印它的函数"},
    "near": {"en": "entries that look alike, no answers", "zh": "看起来相近的条目，并非答案"},
    "left_out": {
        "en": "{count} lines in the middle of this log were not read; for a sure answer give only the failing part.",
        "zh": "日志中部有 {count} 行没有读取；要得到可靠的回答，请只截取出错的部分。",
    },
    "clean_why": {
        "en": "No failure here: every Error or Warn line in this log is known to be harmless.",
        "zh": "没有失败：日志中的 Error 与 Warn 行都已知无害。",
    },
    "only_consequences": {
        "en": (
            "These lines only say that something failed earlier; the reason is not among them. "
            "To find it, send the whole log made with -v4, `criu --version` and the output of `criu check --all`; "
            "under a container runtime, take the log file that its message names."
        ),
        "zh": (
            "这些行只说明前面已经失败，原因不在其中。"
            "请提供以 -v4 生成的完整日志、`criu --version` 以及 `criu check --all` 的输出；"
            "若经由容器运行时调用，请取其消息中给出的日志文件。"
        ),
    },
    "unknown_why": {
        "en": "criukb does not know this failure, and does not guess.",
        "zh": "criukb 还不认识这种失败，也不作猜测。",
    },
    "explain": {"en": "how each line was read", "zh": "逐行判读"},
    "lost": {"en": "candidates that lost", "zh": "落选的条目"},
    "releases": {
        "en": "CRIU releases of your source catalogues, by how many of the log's source lines fit",
        "zh": "已建源码目录的 CRIU 版本，按日志中源码行号的吻合数排列",
    },
    "release_hits": {"en": "{release}: {hits} of {pairs}", "zh": "{release}：{pairs} 处中吻合 {hits} 处"},
    "basis": {"en": "basis", "zh": "依据"},
}

COLUMNS: dict[str, dict[str, str]] = {
    "run_id": {"en": "run", "zh": "运行"},
    "job": {"en": "job", "zh": "作业"},
    "started_at": {"en": "started (UTC)", "zh": "开始时间（UTC）"},
    "criu_version": {"en": "criu", "zh": "criu"},
    "runs": {"en": "runs", "zh": "运行数"},
    "known": TEXTS["known"],
    "unknown": TEXTS["unknown"],
    "cause": TEXTS["cause"],
    "unknown_key": {"en": "unknown message", "zh": "未知消息"},
    "failures": {"en": "failures", "zh": "失败数"},
    "tests": {"en": "tests", "zh": "测试数"},
    "example_test": {"en": "example", "zh": "示例"},
    "test": {"en": "test", "zh": "测试"},
    "flavor": {"en": "flavor", "zh": "flavor"},
    "failed": {"en": "failed", "zh": "失败"},
    "ran": {"en": "ran", "zh": "已执行"},
    "rate": {"en": "rate", "zh": "比率"},
    "low": {"en": "low", "zh": "下限"},
    "high": {"en": "high", "zh": "上限"},
    "week": {"en": "week", "zh": "周"},
    "kernel": {"en": "kernel", "zh": "内核"},
    "arch": {"en": "arch", "zh": "架构"},
    "rest_failed": {"en": "rest failed", "zh": "其余失败"},
    "rest_ran": {"en": "rest ran", "zh": "其余已执行"},
    "failed_before": {"en": "failed before", "zh": "此前失败"},
    "ran_before": {"en": "ran before", "zh": "此前已执行"},
    "rate_before": {"en": "rate before", "zh": "此前比率"},
    "earliest": {"en": "earliest", "zh": "最早"},
    "latest": {"en": "latest", "zh": "最晚"},
    "flaky_commits": {"en": "flaky commits", "zh": "结果相反的提交"},
    "commits": {"en": "commits", "zh": "提交数"},
    "example_commit": {"en": "such as", "zh": "例如"},
    "flips": {"en": "flips", "zh": "结果改变"},
    "pairs": {"en": "pairs", "zh": "对数"},
    "state": {"en": "state", "zh": "状态"},
    "kind": {"en": "kind", "zh": "种类"},
    "name": {"en": "name", "zh": "名称"},
    "first_seen": {"en": "first seen (UTC)", "zh": "首次出现（UTC）"},
    "last_seen": {"en": "last seen (UTC)", "zh": "最近出现（UTC）"},
    "seen_runs": {"en": "runs seen", "zh": "出现过的运行"},
    "chances": {"en": "chances", "zh": "机会数"},
    "clean": {"en": "clean", "zh": "干净运行"},
    "needed": {"en": "needed", "zh": "需要"},
    "verdict": {"en": "verdict", "zh": "判定"},
    "class": {"en": "class", "zh": "类别"},
    "why": {"en": "why", "zh": "依据"},
    "environment": {"en": "environment", "zh": "环境失败"},
    "streak": {"en": "failing streak", "zh": "连续失败"},
    "retries": {"en": "retries", "zh": "重试次数"},
    "remaining": {"en": "remaining", "zh": "仍失败"},
    "hidden": {"en": "hidden", "zh": "被掩盖"},
    "extra_minutes": {"en": "extra minutes", "zh": "多花的分钟"},
    "ratio": {"en": "ratio", "zh": "倍数"},
    "passes_before": {"en": "passes before", "zh": "此前通过"},
    "passes": {"en": "passes", "zh": "通过"},
    "seconds_before": {"en": "seconds before", "zh": "此前秒数"},
    "seconds": {"en": "seconds", "zh": "秒数"},
    "group": {"en": "group", "zh": "成员"},
    "together": {"en": "together", "zh": "一同失败"},
    "any_failed": {"en": "any failed", "zh": "任一失败"},
    "centre": {"en": "centre", "zh": "中心线"},
    "lower_limit": {"en": "lower limit", "zh": "控制下限"},
    "upper_limit": {"en": "upper limit", "zh": "控制上限"},
    "outside": {"en": "outside", "zh": "出界"},
}


def column(name: str, lang: str) -> str:
    """Return the heading of the column ``name`` in ``lang``; outcomes keep their names."""
    return COLUMNS.get(name, {}).get(lang, name)


def text(key: str, lang: str) -> str:
    """Return the text ``key`` in ``lang``."""
    return TEXTS[key][lang]
