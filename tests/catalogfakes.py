"""Small C sources of our own, in every form that a source tree comes in."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

from criukb.catalogue.calls import extract
from criukb.catalogue.model import Call, Catalogue

LOG_H = """\
#define LOG_PREFIX
#define pr_err(fmt, ...) print_on_level(LOG_ERROR, "Error (%s:%d): " LOG_PREFIX fmt, __FILE__, __LINE__, ##__VA_ARGS__)
#define xopen(name) ({ int __fd = open(name); if (__fd < 0) pr_perror("Can't open %s", name); __fd; })
"""
LAMP_C = r"""
#define LOG_PREFIX "lamp: "
#include "log.h"
/* pr_err("not a call\n"); */
#define lamp_err(lamp, fmt, arg...) pr_err("%d: " fmt, (lamp)->id, ##arg)

static int light(struct lamp *lamp, const char *path)
{
	if (xopen(path) < 0) // pr_err("nor this")
		return -1;
	if (lamp->oil < 0) {
		pr_err("Lamp %s has " "no oil (%" PRIu64 " left)\n",
				path, lamp->oil);
		return -1;
	}
	pr_warn("Tab\there \"quoted\" \x41\n");
	lamp_err(lamp, "Wick %d is wet\n", lamp->wick);
	return 0;
}

int quench(void)
{
	pr_perror(dark ? "Too dark" : "Too bright");
	print_on_level(LOG_WARN, "Ashes\n");
	print_on_level(level, "Smoke from %s\n", name);
	return 0;
}
"""
FILES = {"criu/include/log.h": LOG_H, "criu/lamp.c": LAMP_C}


def catalogue(release: str, files: dict[str, str] | None = None) -> Catalogue:
    return Catalogue(release, f"test:{release}", tuple(extract(FILES if files is None else files)))


def call(file: str, line: int, fmt: str = "x", name: str = "pr_err", prefix: str = "") -> Call:
    level = "warn" if name == "pr_warn" else "error"
    return Call(name, level, fmt, file, "f", line, line, None, prefix, name == "pr_perror")


def write_tree(root: Path, files: dict[str, str] | None = None) -> Path:
    for name, text in (FILES if files is None else files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def write_tar(path: Path, files: dict[str, str] | None = None, *, root: str = "criu-9.1/", mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload] # the mode is a test's parameter
        for name, text in (FILES if files is None else files).items():
            add(archive, root + name, text)
    return path


def add(archive: tarfile.TarFile, name: str, text: str = "", **fields: object) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for key, value in fields.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(data))


def write_dsc(tarball: Path, digest: str | None = None) -> Path:
    digest = digest or hashlib.sha256(tarball.read_bytes()).hexdigest()
    path = tarball.parent / "criu_9.1-2.dsc"
    lines = ["Format: 3.0 (quilt)", "Source: criu", "Version: 9.1-2", "Checksums-Sha256:"]
    lines += [f" {digest} {tarball.stat().st_size} {tarball.name}", "Files:", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "-C", str(root), *arguments], check=True, capture_output=True)


def write_git(root: Path, *versions: tuple[str, dict[str, str]]) -> Path:
    """Make a repository with one tagged commit per version."""
    root.mkdir()
    git(root, "init", "-q")
    for tag, files in versions:
        write_tree(root, files)
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", tag)
        git(root, "tag", tag)
    return root
