"""The command line: a thin group that loads each command only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

import criukb
from criukb.errors import CriukbError, visible

# name -> (module, one line for --help): so that help and a mistyped name import nothing heavy.
COMMANDS: dict[str, tuple[str, str]] = {
    "diagnose": ("criukb.commands.diagnose", "Name the cause of a failed checkpoint or restore from its log."),
    "ingest": ("criukb.commands.ingest", "Read test consoles into the store of runs."),
    "rediagnose": ("criukb.commands.rediagnose", "Diagnose the store's failures again with the present base."),
    "stats": ("criukb.commands.stats", "Count results and failures of the store."),
    "synthetic": ("criukb.commands.synthetic", "Make up a history of results, to test statistics and measure scale."),
    "store": ("criukb.commands.store", "List, compact, check and forget the runs of the store."),
    "cluster": ("criukb.commands.cluster", "Group the failures of the store that no entry knows, and draft entries."),
    "gate": (
        "criukb.commands.gate",
        "Tell whether a run may pass: known failures that a policy allows, nothing missing.",
    ),
    "report": ("criukb.commands.report", "Write an article, the weekly report or the onboarding reading."),
    "site": ("criukb.commands.site", "Build the documentation site from what build/ holds."),
    "build": ("criukb.commands.build", "Do everything: ingest, diagnose, write articles, report and site."),
    "kb": ("criukb.commands.kb", "List, show, check and add entries of the knowledge base."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # what is imported stays; looking for garbage in it is a good part of a short run's time
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        gc.freeze()
        gc.set_threshold(100_000)  # ten thousands of lines are read, and none of them in a circle
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(criukb.__version__, prog_name="criukb")
def cli() -> None:
    """The field guide to CRIU failures.

    \b
    Examples:
      criukb diagnose restore.log             name the cause, with the way out
      criukb diagnose restore.log --lang zh   the same in Chinese
      criukb kb show ghost-file-over-limit    read an entry
      criukb build                            articles, weekly report and site under build/

    Exit status: 0 done; 1 done, and what was asked to be checked does not hold; 2 bad input or usage.
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone


def main() -> None:
    """Run the command line; show faults with their places and end with status 2."""
    try:
        cli(prog_name="criukb")
    except CriukbError as error:
        for fault in error.faults:
            click.echo(f"error: {visible(str(fault))}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader, such as head, has enough; writing to the closed pipe at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(visible(f"error: {place}{error.strerror or error}"), err=True)
        click.echo("  next: check the path, its permissions and the room on the disk", err=True)
        sys.exit(2)
