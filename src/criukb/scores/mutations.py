"""Changes to a log that mean nothing: the same failure, printed by another release, machine or wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest

Lines = list[str]
Mutation = Callable[[Sequence[str]], Lines]

_TIME = re.compile(r"\((\d+)\.(\d{6})\)(?=[ p])")
_PID = re.compile(r"(?<=\) )( *)(\d+)(?=: )|(?<=pie: )(\d+)(?=: )|(?<=pid: )(\d+)(?=\))|^( *)(\d+)(?=: (?:Error|Warn))")
_PLACE = re.compile(r"(?<=\()([^\s():]+\.[ch])(:)(\d+)(?=\): )")
_LEVEL = re.compile(r"(?:Error|Warn ) ?\([^\s():]+\.[ch]:\d+\): ")
# Every LOG_PREFIX of CRIU v2.0 to v4.2.
_PREFIXES = (
    r"amdgpu_plugin|bfd|cg|cg-prop|cpu|cuda_plugin|epoll|eventfd|fsnotify|inet|irmap|mnt|mnt-v2|net|netlink|packet|"
    r"page-pipe|page-xfer|pagemap-cache|pidfd|seccomp|sfd|skqueue|sockets|tcp|timerfd|tls|tty|tun|uffd|(?:sk )?unix|"
    r"vdso|x86"
)
_MODULE = re.compile(rf"({_LEVEL.pattern})(?:{_PREFIXES}): ")
_TASK = re.compile(r"^\s*(?:b['\"])?\(\d+\.\d+\) +(?:pie: +)?(\d+): ")
_BARE = re.compile(rf"^\(\d+\.\d+\)|^{_LEVEL.pattern}")
_STARTS = re.compile(r"^\s*(?:b['\"])?(?:\(\d+\.\d+\)|pie: \d)")
# Lines of a task that restores quietly, from a real run of zdtm/static/env00.
_NEIGHBOUR = (
    "\tGoing to dup 0 into 1",
    "`- render 1 iovs (0x7f3c6a9d5000:4096...)",
    "Opening 0x00563c2b4e6000-0x00563c2b4e8000 0000000000000000 (41) vma",
    "Restoring fd 2 (state -> prepare)",
)


def each(change: Callable[[str], str]) -> Mutation:
    """Make a mutation of a change to one line."""
    return lambda lines: [change(line) for line in lines]


def _other_time(line: str) -> str:
    return _TIME.sub(lambda found: f"({int(found[1]) + 117:02d}.{(int(found[2]) * 7 + 13) % 1000000:06d})", line)


def _backwards(lines: Sequence[str]) -> Lines:
    return [_TIME.sub(f"(00.{len(lines) - number:06d})", line) for number, line in enumerate(lines)]


def _other_pid(line: str) -> str:
    return _PID.sub(lambda found: re.sub(r"\d+", lambda number: str(int(number[0]) + 4711), found[0]), line)


def _without_time(line: str) -> str:
    return _TIME.sub("", line, count=1).lstrip() if _LEVEL.search(line) and line.startswith("(") else line


def _other_place(line: str) -> str:
    return _PLACE.sub(lambda found: f"{found[1]}:{int(found[3]) % 997 + 3001}", line)


def _packaged_path(line: str) -> str:
    # Names without a folder are those of old releases and of plugins, which no package makes absolute.
    return re.sub(r"(?<=\()(?=(?:criu|compel|soccr)/[^\s():]+\.[ch]:\d+\): )", "/usr/src/debug/criu-4.1/", line)


def _bare_name(line: str) -> str:
    return _PLACE.sub(lambda found: f"{found[1].rsplit('/', 1)[-1]}:{found[3]}", line)


def _without_module(line: str) -> str:
    return _MODULE.sub(r"\1", line)


def _other_module(line: str) -> str:
    return _LEVEL.sub(lambda found: f"{found[0]}sk unix: ", _without_module(line))


def task_of(line: str) -> str | None:
    """Return the pid in the column of a restore line."""
    found = _TASK.match(line)
    return found[1] if found else None


def records(lines: Sequence[str]) -> list[Lines]:
    """Group lines into CRIU's records: a line without CRIU's time belongs to the one before it."""
    groups: list[Lines] = []
    for line in lines:
        if _STARTS.match(line) or not groups:
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def with_a_neighbour(lines: Sequence[str]) -> Lines:
    """Put lines of another task, which restores well, between all records."""
    out: Lines = []
    for number, group in enumerate(records(lines)):
        out += [*group, f"(00.{number:06d})  64242: {_NEIGHBOUR[number % len(_NEIGHBOUR)]}"]
    return out


def dealt_again(lines: Sequence[str]) -> Lines:
    """Let the tasks of a restore take turns; each task's own order stays, and so do lines of no task."""
    groups = records(lines)
    queues: dict[str, list[Lines]] = {}
    for group in groups:
        pid = task_of(group[0])
        if pid is not None:
            queues.setdefault(pid, []).append(group)
    turns = iter([group for row in zip_longest(*queues.values()) for group in row if group is not None])
    return [line for group in groups for line in (next(turns) if task_of(group[0]) else group)]


def _bytes(line: str) -> str:
    return repr(line.encode())


def _github(line: str) -> str:
    return f"2026-04-20T20:18:39.8827538Z {line}"


def _go_quoted(line: str) -> str:
    return json.dumps(line, ensure_ascii=False)[1:-1]


def _rpc(line: str) -> str:
    found = _LEVEL.search(line) if _BARE.match(line) else None
    return f"criu failed: type DUMP errno 0 (msg:{line[found.start() :]}\\n err:0)" if found else line


def _one_string(lines: Sequence[str]) -> Lines:
    return ["checkpoint failed: runc did not terminate successfully: " + "".join(f"\\n{_go_quoted(x)}" for x in lines)]


def _grep(line: str) -> str:
    return f"images/restore.log:1606:{line}" if _STARTS.match(line) or _LEVEL.match(line) else line


# Other values of what varies from run to run, and another order of what has none.
FIELDS: dict[str, Mutation] = {
    "other time": each(_other_time),
    "time runs backwards": _backwards,
    "stderr without time": each(_without_time),
    "other pid": each(_other_pid),
    "other line number": each(_other_place),
    "absolute path of a package": each(_packaged_path),
    "file name of old releases": each(_bare_name),
    "no module tag": each(_without_module),
    "another module tag": each(_other_module),
    "carriage returns": each(lambda line: line + "\r"),
    "a neighbour task between all lines": with_a_neighbour,
    "tasks take turns": dealt_again,
}

# What stands around a log, or each of its lines, where people and programs pass it on.
WRAPPERS: dict[str, Mutation] = {
    "zdtm bytes": each(_bytes),
    "GitHub Actions": each(_github),
    "zdtm in GitHub Actions": each(lambda line: _github(_bytes(line))),
    "GitHub Actions with colours": each(lambda line: _github(f"\x1b[36;1m{line}\x1b[0m")),
    "autopkgtest": each(lambda line: f"560s {line}"),
    "zdtm in autopkgtest": each(lambda line: f"1560s {_bytes(line)}"),
    "Jenkins clock": each(lambda line: f"20:00:20 {line}"),
    "Jenkins clock and stream": each(lambda line: f"20:00:20   [OUT] {line}"),
    "Jenkins timestamp": each(lambda line: f"[2024-01-02T10:11:12.123Z] {line}"),
    "mail quote": each(lambda line: f"> {line}"),
    "mail quote, twice": each(lambda line: f"> > {line}"),
    "mail quote, tight": each(lambda line: f">>{line}"),
    "grep -n": each(lambda line: f"1606:{line}"),
    "grep -n, with the file's name": each(_grep),
    "runc, logrus": each(lambda line: f'time="2024-12-17T06:57:27Z" level=warning msg="841:{_go_quoted(line)}"'),
    "runc, logrus, terminal": each(lambda line: f"WARN[0012] {line}"),
    "runc, logrus, JSON": each(
        lambda line: json.dumps({"level": "warning", "msg": line, "time": "2024-12-17T06:57:27Z"})
    ),
    "runc's bats": each(lambda line: f'# time="2024-12-17T06:57:27Z" level=warning msg="8:{_go_quoted(line)}"'),
    "runc's Go test": each(lambda line: f"    checkpoint_test.go:163: {line}"),
    "RPC client": each(_rpc),
    "crun's excerpt": lambda lines: [
        f"2026-04-20T17:26:21.376255Z: {x}" for x in ["--- excerpt from CRIU log", *lines, "--- end of excerpt"]
    ],
    "containerd, one string": _one_string,
    "containerd, in its own log": lambda lines: [
        f'time="2024-12-17T06:57:27.1Z" level=error msg="Checkpoint failed" error="{_go_quoted(_one_string(lines)[0])}"'
    ],
    "kubelet's klog, one string": lambda lines: [
        f'E1123 10:11:12.123456   12345 remote_runtime.go:123] "Checkpoint" err="rpc error: {_one_string(lines)[0]}"'
    ],
    "CRI log file": each(lambda line: f"2024-12-17T06:57:27.123456789+01:00 stderr F {line}"),
    "syslog": each(lambda line: f"Nov 23 10:11:12 node-1 runc[123]: {line}"),
    "journal, short-iso": each(lambda line: f"2024-11-23T10:11:12+0100 node-1 podman[123]: {line}"),
    "LXC": each(lambda line: f"lxc-checkpoint: u1: criu.c: do_dump: 1200 criu output: {line}"),
    "LXC, its own log": each(
        lambda line: f"lxc-checkpoint u1 20190412122351.870 ERROR    criu - criu.c:do_dump:1342 - criu output: {line}"
    ),
    "LXC, container's name": each(lambda line: f"u1: {line}" if _STARTS.match(line) or _LEVEL.match(line) else line),
    "markdown fence": lambda lines: ["The log:", "```console", *lines, "```", "Any idea?"],
    "markdown indent": each(lambda line: f"    {line}"),
    "markdown code per line": each(lambda line: f"`{line}`" if line.strip() else line),
    "markdown list": each(lambda line: f"- {line}"),
    "HTML details": lambda lines: ["<details><summary>dump.log</summary><p>", "", *lines, "", "</p></details>"],
    "byte order mark": lambda lines: [f"\ufeff{lines[0]}", *lines[1:]],
}

MUTATIONS: dict[str, Mutation] = FIELDS | WRAPPERS
