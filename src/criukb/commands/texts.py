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
    "unknown_errors": {"en": "Errors that no entry knows", "zh": "没有条目认识的 Error 行"},
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
    "basis": {"en": "basis", "zh": "依据"},
}

COLUMNS: dict[str, dict[str, str]] = {
    "run_id": {"en": "run", "zh": "运行"},
    "job": {"en": "job", "zh": "任务"},
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
    "flavor": {"en": "flavor", "zh": "方式"},
    "failed": {"en": "failed", "zh": "失败"},
    "ran": {"en": "ran", "zh": "已执行"},
    "rate": {"en": "rate", "zh": "失败率"},
    "low": {"en": "low", "zh": "下限"},
    "high": {"en": "high", "zh": "上限"},
}


def column(name: str, lang: str) -> str:
    """Return the heading of the column ``name`` in ``lang``; outcomes keep their names."""
    return COLUMNS.get(name, {}).get(lang, name)


def text(key: str, lang: str) -> str:
    """Return the text ``key`` in ``lang``."""
    return TEXTS[key][lang]
