"""What ``criukb gate`` says, per language."""

from __future__ import annotations

from typing import Final

NOTES: Final[dict[str, dict[str, str]]] = {
    "aborted": {
        "en": "the test did not finish; that is never allowed",
        "zh": "测试没有跑完，这种情况一律不放行",
    },
    "unknown": {
        "en": "no entry knows this failure",
        "zh": "没有条目收录这种失败",
    },
    "no-entry": {
        "en": "the entry {entry} is not in this knowledge base",
        "zh": "本知识库中没有条目 {entry}",
    },
    "denied": {"en": "rule deny {rule} forbids it", "zh": "规则 deny {rule} 禁止放行"},
    "allowed": {"en": "rule allow {rule} lets it pass", "zh": "由规则 allow {rule} 放行"},
    "no-rule": {
        "en": "no rule allows {entry} (class {class}, evidence {evidence})",
        "zh": "没有规则放行 {entry}（类别 {class}，证据 {evidence}）",
    },
    "undated": {
        "en": "rule allow {rule} holds until {until}, and when the run started is not known: give --date",
        "zh": "规则 allow {rule} 的有效期到 {until}，而运行的开始时间不详：请给出 --date",
    },
    "expired": {
        "en": "rule allow {rule} ended on {until}",
        "zh": "规则 allow {rule} 已于 {until} 到期",
    },
    "low-evidence": {
        "en": "rule allow {rule} wants evidence {floor}, and the entry has {evidence}",
        "zh": "规则 allow {rule} 要求证据至少为 {floor}，而条目只有 {evidence}",
    },
    "low-confidence": {
        "en": "rule allow {rule} wants confidence {floor}, and this diagnosis has {confidence}",
        "zh": "规则 allow {rule} 要求置信度至少为 {floor}，而这次诊断只有 {confidence}",
    },
    "over-max": {
        "en": "rule allow {rule} lets at most {max} failures pass, and {count} ask for it",
        "zh": "规则 allow {rule} 最多放行 {max} 个失败，而这里有 {count} 个",
    },
    "incomplete": {"en": "the run is incomplete: {reason}", "zh": "运行结果不完整：{reason}"},
    "no-results": {
        "en": "the run has no results: no data is never green",
        "zh": "这次运行没有任何结果：没有数据绝不算通过",
    },
    "nothing-ran": {
        "en": "no test ran ({skip} skipped, {missing} not run): no data is never green",
        "zh": "没有任何测试真正执行（跳过 {skip} 个，未执行 {missing} 个）：没有数据绝不算通过",
    },
    "missing": {
        "en": "{count} results are missing, the first of them: {first}",
        "zh": "缺少 {count} 个结果，第一个是：{first}",
    },
    "over-total": {
        "en": "{count} failures would be allowed, and the policy allows at most {max} in a run",
        "zh": "将要放行 {count} 个失败，而策略规定每次运行最多 {max} 个",
    },
}

TEXTS: Final[dict[str, dict[str, str]]] = {
    "green": {"en": "green", "zh": "放行"},
    "red": {"en": "red", "zh": "不放行"},
    "head": {
        "en": "{verdict}: {run}: {failed} failed, {blocked} not allowed, {allowed} allowed; {problems} other problems",
        "zh": "{verdict}：{run}：{failed} 个失败中有 {blocked} 个不放行，{allowed} 个放行；另有 {problems} 个问题",
    },
    "counts": {"en": "results: {counts}", "zh": "结果：{counts}"},
    "list": {"en": "{title} ({count}):", "zh": "{title}（{count}）："},
    "problems": {"en": "problems of the run", "zh": "整次运行的问题"},
    "blocked": {"en": "failures that are not allowed", "zh": "不放行的失败"},
    "allowed": {"en": "failures that are allowed (they still failed)", "zh": "放行的失败（它们依然是失败）"},
    "more": {
        "en": "and {count} more; criukb gate --format json lists all",
        "zh": "另有 {count} 个；全部列表见 criukb gate --format json",
    },
    "test": {"en": "test", "zh": "测试"},
    "outcome": {"en": "outcome", "zh": "结果"},
    "cause": {"en": "cause", "zh": "原因"},
    "why": {"en": "why", "zh": "判定理由"},
    "title": {"en": "criukb gate", "zh": "criukb gate"},
    "next": {
        "en": "next: criukb kb show ID explains a cause; a policy (--policy FILE) says what may pass",
        "zh": "下一步：criukb kb show ID 说明原因；策略（--policy 文件）规定哪些失败可以放行",
    },
}
