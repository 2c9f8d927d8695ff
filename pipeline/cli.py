"""The command ``callgauge``: finds its commands by name and loads each only when it is asked for."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from importlib.metadata import entry_points

import click

from pipeline import __version__
from pipeline.errors import CallgaugeError, ConfigError, printable, told_file

COMMANDS = {
    "score": ("pipeline.commands.score:score", "Score recordings: files or folders in, reports out."),
    "analyze": ("pipeline.commands.analyze:analyze", "Score transcripts made elsewhere (JSON lines)."),
    "standards": (
        "pipeline.commands.standards_publish:standards",
        "List, show, check, preview and publish service standards.",
    ),
    "doctor": (
        "pipeline.commands.doctor:doctor",
        "Say what is installed, what is missing and what mends it.",
    ),
    "evaluate": (
        "pipeline.commands.evaluate:evaluate",
        "Hold results against expectations: precision and recall.",
    ),
    "ledger": (
        "pipeline.commands.ledger:ledger",
        "Show a night: received = scored + excluded + failed + pending.",
    ),
    "rescore": (
        "pipeline.commands.rescore:rescore",
        "Judge stored calls again by another standard or profile.",
    ),
    "scorecard": (
        "pipeline.commands.scorecard:scorecard",
        "A period's figures for each agent: pages, workbook, tables.",
    ),
    "followups": (
        "pipeline.commands.followups:followups",
        "Hand over a day: figures, and who is to be contacted again.",
    ),
    "appraisal": (
        "pipeline.commands.appraisal:appraisal",
        "Build, sign, verify and amend appraisals of a month or a year.",
    ),
    "store": ("pipeline.commands.store:store", "Check, back up and migrate the store; export its lists."),
    "purge": ("pipeline.commands.retention:purge", "Remove what the retention rules no longer let be kept."),
    "forget": ("pipeline.commands.retention:forget", "Remove all that tells of one person; scores stay."),
    "hold": ("pipeline.commands.retention:hold", "Keep calls whatever the retention rules say."),
    "removals": ("pipeline.commands.retention:removals", "What was removed, when, by whom and why."),
    "review": ("pipeline.commands.review:review", "Serve the coaching web app from the store."),
    "users": ("pipeline.commands.users:users", "Add people who may sign in, and change what they may do."),
    "bench": ("pipeline.commands.bench:bench", "Measure speed as a ratio, and error rates."),
}
"""Name → (where the command lives, its line in the help), so that the help needs no command's module."""

PLUGIN_GROUP = "callgauge.commands"


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called. Other packages add theirs by entry point."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(_plugins().keys() - COMMANDS.keys())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name][0].partition(":")
            return getattr(importlib.import_module(module), attribute)
        plugin = _plugins().get(cmd_name)
        return plugin.load() if plugin else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, line) for name, (_, line) in COMMANDS.items()]
        for name in sorted(_plugins().keys() - COMMANDS.keys()):
            command = self.get_command(ctx, name)
            rows.append((name, command.get_short_help_str(80) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _plugins() -> dict:
    return {point.name: point for point in entry_points(group=PLUGIN_GROUP)}


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="callgauge")
def cli() -> None:
    """Listens to recorded telesales calls and appraises each against the written service standard."""


def main() -> None:
    """Run the command; exit 0 all done, 1 some calls failed, 2 the command line or a settings file is wrong."""
    os.umask(os.umask(0) | 0o077)  # what is written tells of people: it is for its owner alone
    if os.environ.get("CALLGAUGE_COMPUTE_TYPE", "").strip().lower() != "int16":  # which only MKL computes
        # CTranslate2 reads it when it is first imported, in workers before their model is loaded (decision 0019)
        os.environ.setdefault("CT2_USE_MKL", "0")
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Aborted.", err=True)
        sys.exit(130)
    except ConfigError as error:
        click.echo("\n".join(error.mistakes), err=True)
        sys.exit(2)
    except CallgaugeError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        click.echo(printable(told_file(error)), err=True)
        sys.exit(2)
    finally:
        gc.freeze()  # else Python's last look for cycles goes through every loaded module, a quarter of a second of it


if __name__ == "__main__":
    main()
