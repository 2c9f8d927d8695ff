"""``callgauge standards``: what there is, what it says, and whether a file is right."""

from __future__ import annotations

import click


@click.group()
def standards() -> None:
    """List, show and check service standards."""


@standards.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_(as_json: bool) -> None:
    """The standards that ship with the package."""
    from pipeline.standards import list_standards

    known = list_standards()
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(info) for info in known], ensure_ascii=False, default=str))
        return
    for info in known:
        click.echo(
            f"{info.id}  {info.version}  {info.status}  from {info.effective_from}  {info.title_zh} / {info.title_en}"
        )


@standards.command()
@click.argument("standard", default="telesales-cn")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Language of the titles."
)
def show(standard: str, lang: str) -> None:
    """Each criterion of a standard: id, article, weight, title."""
    from pipeline.standards import load_standard

    chosen = load_standard(standard)
    for criterion in chosen.criteria:
        weight = "bonus" if criterion.bonus else "advisory" if criterion.advisory else f"{criterion.weight:g}"
        title = getattr(criterion.title, lang)
        click.echo(f"{criterion.id:28} {criterion.article:10} {weight:>8}  {title}")


@standards.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def check(file: str) -> None:
    """Check a standard's FILE: every mistake at once, and its own examples run."""
    from pipeline.standards import check_standard

    mistakes = check_standard(file)
    for mistake in mistakes:
        click.echo(mistake, err=True)
    if mistakes:
        raise SystemExit(2)
    click.echo(f"{file}: no mistakes")
