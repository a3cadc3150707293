"""The command line, `langkah`. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import signal
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flows.champion_commands import CHAMPION_COMMANDS
from langkah.errors import InputError, LangkahError, UnforeseenError

if TYPE_CHECKING:
    from langkah.artifacts import Workspace
    from langkah.config import RunConfig

F = TypeVar("F", bound=Callable[..., Any])
PathOption = click.Path(path_type=Path)
SAMPLE = Path(__file__).parent.parent / "examples" / "shop-faq-en.jsonl"


def main() -> None:
    """Run the command line; bad input ends with exit code 2, anything else that fails with 1, in a line each."""
    # What stops a container or a service: end as with Ctrl-C, so that nothing is left behind.
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code: Any = langkah.main(arguments, prog_name="langkah", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.ClickException as error:
        return _fail(2, error.format_message() + _hint(error))
    except InputError as error:
        return _fail(2, *error.problems)
    except LangkahError as error:
        return _fail(1, str(error))
    except (click.Abort, KeyboardInterrupt):
        return _fail(1, "interrupted; what is finished is kept: run again to go on")
    except OSError as error:
        return _fail(1, f"{error.strerror or type(error).__name__}; what is finished is kept: run again to go on")
    except Exception as error:
        return _fail(1, f"{UnforeseenError.of(error)}; `langkah doctor` checks this machine")
    return code if isinstance(code, int) else 0


def _hint(error: click.ClickException) -> str:
    """Say what a person who made this mistake most likely wanted."""
    command = error.ctx.command if isinstance(error, click.UsageError) and error.ctx else None
    if isinstance(command, click.Group):
        return f" Commands: {', '.join(sorted(command.commands))}."
    if (
        command
        and "unexpected extra argument" in error.format_message()
        and any(each.name == "data" for each in command.params)
    ):
        return ": files are given by --data FILE, settings by --set section.key=value"
    return ""


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _fail(code: int, *problems: str) -> int:
    for problem in problems:
        click.echo(f"langkah: {' '.join(problem.split())}", err=True)
    return code


def _pipeline_options(function: F) -> F:
    """Add the options that `run` and `prepare` share."""
    options = [
        click.option("--data", multiple=True, metavar="FILE", help="FAQ file, page, glob or URL; repeatable [the sample FAQ]"),
        click.option("--config", "config_file", type=PathOption, metavar="FILE", help="YAML settings; see deployments/runs/"),
        click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable"),
        click.option("--workspace", type=PathOption, metavar="DIR", help="Workspace [LANGKAH_HOME or ./.langkah]"),
        click.option("--json", "json_file", type=PathOption, metavar="FILE", help="Where the summary of the run goes"),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _page_options(used: str) -> Callable[[F], F]:
    """Add the options of the commands that serve web pages; `used` says which settings count."""
    options = [
        click.option("--workspace", type=PathOption, metavar="DIR", help="Workspace [LANGKAH_HOME or ./.langkah]"),
        click.option("--config", "config_file", type=PathOption, metavar="FILE", help=f"YAML settings; {used}"),
        click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable."),
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need a token or OIDC."
        ),
        click.option("--port", default=4280, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on."),
        click.option("--reviewer", metavar="NAME", help="Name on what is decided [asked on the page]"),
        click.option("--lang", "language", type=click.Choice(["en", "id"]), help="Language of the pages [the browser's]"),
    ]

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="langkah")
def langkah() -> None:
    """Turn FAQ files into a fine-tuned model that answers in numbered steps, and see whether it is better."""


@langkah.command()
@_pipeline_options
def run(**options: Any) -> None:
    """Run the whole pipeline: dataset, adapter, evaluation, report."""
    console = _console()
    data, config, workspace = _checked(options)
    summary = _execute(workspace, "finetune", data, config, options["json_file"])
    from flows.console import print_champion, print_dataset, print_scores, print_training, print_waiting

    if "review" in summary:
        print_waiting(console, summary["review"], workspace, config)
        return
    print_dataset(console, summary["dataset"], summary["drafts"], summary["paraphrase"])
    print_training(console, summary["training"])
    print_scores(console, summary["metrics"], summary["gate"])
    print_champion(console, summary["champion"], summary["promotion"])
    console.print(f"\nReport: {summary['report']}", soft_wrap=True, highlight=False, markup=False, style="bold")


@langkah.command()
@_pipeline_options
def prepare(**options: Any) -> None:
    """Run the pipeline up to the dataset version."""
    console = _console()
    data, config, workspace = _checked(options)
    summary = _execute(workspace, "prepare", data, config, options["json_file"])
    from flows.console import print_dataset, print_waiting

    if "review" in summary:
        print_waiting(console, summary["review"], workspace, config)
        return
    print_dataset(console, summary["dataset"], summary["drafts"], summary["paraphrase"])


@langkah.command()
@click.argument("file")
@click.option("--out", required=True, type=PathOption, metavar="FILE.jsonl", help="Where the scrubbed rows go.")
@click.option("--report", type=PathOption, metavar="FILE.json", help="Where the counts go.")
@click.option("--field", "fields", multiple=True, metavar="NAME", help="Another text column to scrub; repeatable.")
@click.option("--config", "config_file", type=PathOption, metavar="FILE", help="YAML settings; the section pii is used.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable.")
def scrub(
    file: str, out: Path, report: Path | None, fields: tuple[str, ...], config_file: Path | None, settings: tuple[str, ...]
) -> None:
    """Replace personal data in FILE by placeholders.

    Every row stays, in order, with its other fields; a row that cannot be read is written as its number and the reason.
    """
    from flows.scrub_file import scrub_file
    from langkah.config import load_config
    from langkah.pii import check_ner, check_patterns

    config = load_config(config_file, settings)
    if problems := [*check_patterns(config.pii), *check_ner(config.pii)]:
        raise InputError(*problems)
    done = scrub_file(file, out, report, fields, config, warn=lambda text: click.echo(text, err=True))
    click.echo(done)


@langkah.command()
@click.argument("predictions", type=PathOption)
@click.option("--json", "json_file", type=PathOption, metavar="FILE", help="Write the scores here.")
@click.option("--config", "config_file", type=PathOption, metavar="FILE", help="YAML settings; the section evaluate is used.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable.")
@click.option("--diff", "place", type=click.IntRange(1), metavar="N", help="Show what became of each step in the Nth answer.")
def score(
    predictions: Path, json_file: Path | None, config_file: Path | None, settings: tuple[str, ...], place: int | None
) -> None:
    """Score answers against references.

    PREDICTIONS is a JSONL file; its rows hold `reference` and `prediction`, and optionally `prompt`, `intent`, `language`,
    `ended`.
    """
    from langkah.config import load_config
    from langkah.evaluation import read_predictions, score_predictions, step_diff

    config = load_config(config_file, settings).evaluate
    table = config.phrase_table
    _writable(json_file, [str(predictions), *([table] if table else [])])
    rows = read_predictions(predictions)
    if place is not None and place > len(rows):
        raise InputError(f"--diff {place}: expected the number of an answer, 1 to {len(rows)}")
    scores = score_predictions(rows, config).model_dump(mode="json")
    from flows.console import print_prediction_scores
    from flows.step_lines import print_step_diff

    print_prediction_scores(_console(), scores)
    if place is not None:
        row = rows[place - 1]
        print_step_diff(_console(), step_diff(row.prediction, row.reference, row.language))
    _write_json(json_file, scores)


@langkah.command()
@_page_options("review.database is used.")
@click.option("--run", "run_id", metavar="ID", help="The run to export [the last]")
@click.option("--export", "export_file", type=PathOption, metavar="FILE", help="Write the queue to FILE.xlsx or .csv, and end.")
@click.option("--import", "import_file", type=PathOption, metavar="FILE", help="Take the decisions of such a file, and end.")
def review(**options: Any) -> None:
    """Approve, mend or reject what waits for a person, on a web page or by spreadsheet."""
    from flows.reviewing import review_queue

    review_queue(options, click.echo)


@langkah.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@_page_options("the section rate and review.database are used.")
@click.option("--export", "export_file", type=PathOption, metavar="FILE.jsonl", help="Write the ratings to FILE, and end.")
@click.option(
    "--import", "import_file", type=PathOption, metavar="FILE.jsonl", help="Take the ratings of such a file, and end."
)
def rate(**options: Any) -> None:
    """Have people rate a run's answers from 1 to 5 on a web page, without telling whose answers they are.

    RUN is the id of a run, or `scores/...` as its report names it; the last one where it is left out. `langkah run`, called
    again with the same options, puts the ratings into its report.
    """
    from flows.rating import rate_answers

    rate_answers(options, click.echo)


@langkah.command()
@click.option("--vram", type=float, metavar="GB", help="Plan for a card of so much memory [this machine's].")
@click.option(
    "--seq", type=click.IntRange(32, 131072), metavar="TOKENS", help="Longest example [2048, or less where none fits]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--catalogue", type=PathOption, metavar="FILE", help="Models of your own [train.catalogue or LANGKAH_CATALOGUE]")
@click.option("--config", "config_file", type=PathOption, metavar="FILE", help="YAML settings; the section train is used.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable.")
@click.option("--ifeval", metavar="MODEL", help="Measure MODEL by IFEval on --ifeval-data instead [needs langkah[ifeval]]")
@click.option("--ifeval-data", type=PathOption, metavar="FILE.jsonl", help="Prompts in the form of the data set google/IFEval.")
@click.option("--ifeval-limit", type=click.IntRange(1), metavar="N", help="Take the first N prompts.")
def models(**options: Any) -> None:
    """Show the models that can be tuned, what each takes, and which one suits this machine or a card of --vram GB."""
    from flows.model_advice import advise_model, measure_model

    if options["ifeval"] or options["ifeval_data"]:
        measure_model(options, click.echo)
    else:
        advise_model(options, click.echo, _console())


@langkah.command()
def doctor() -> int:
    """Say what this machine lacks, and how to get it."""
    from flows.checkup import checkup

    return checkup(_console())


for _command in CHAMPION_COMMANDS:
    langkah.add_command(_command)


def _checked(options: dict[str, Any]) -> tuple[list[str], RunConfig, Workspace]:
    """Check settings, input, output and workspace before anything starts, and name all problems at once."""
    from langkah.artifacts import Workspace
    from langkah.config import RunConfig, load_config
    from langkah.evaluation import load_phrases
    from langkah.models import check_llm
    from langkah.models.vllm_engine import check_backend
    from langkah.pii import check_key, check_ner, check_patterns
    from langkah.sources import describe_sources, release_sources

    problems: list[str] = []
    config = RunConfig()
    data: list[str] = list(options["data"])
    if not data and SAMPLE.is_file():
        data = [str(SAMPLE)]
    if not data:
        problems.append("--data: expected at least one FAQ file")

    def check(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except InputError as error:
            problems.extend(error.problems)
            return None

    config = check(lambda: load_config(options["config_file"], options["settings"])) or config
    release_sources(check(lambda: describe_sources(data, config.sources) if data else ()) or ())
    check(lambda: _writable(options["json_file"], data))
    check(lambda: load_phrases(config.evaluate))
    problems.extend([*check_patterns(config.pii), *check_ner(config.pii), *check_backend(config.evaluate.backend)])
    if config.structure.restructure == "llm" or config.paraphrase.backend == "openai":
        problems.extend(check_llm(config.llm))
    if config.pii.vault:
        check(check_key)
    if not problems:
        check(lambda: _trainable(config))
    if problems:
        raise InputError(*problems)
    if not options["data"]:
        click.echo(f"No --data given: this is the sample FAQ of an invented online shop, {SAMPLE}")
    return data, config, Workspace.open(options["workspace"])


def _trainable(config: RunConfig) -> None:
    """Check that the base model is there and that the backend runs on this machine."""
    from langkah.models import resolve_base
    from langkah.training import choose_backend

    resolve_base(config.train)
    choose_backend(config.train)


def _execute(workspace: Workspace, what: str, data: list[str], config: RunConfig, json_file: Path | None) -> dict[str, Any]:
    """Run a flow with its steps shown; write its summary, or how far it came, and return it."""
    from flows.console import StepConsole
    from flows.engine import prefect_engine

    run_id = uuid.uuid4().hex[:12]
    console = _console()
    listener = StepConsole(console)
    summary: dict[str, Any] = {}
    if json_file:
        json_file.unlink(missing_ok=True)  # the summary of an earlier run is not this one's
    try:
        with ExitStack() as stack:
            with console.status("starting Prefect ..."):
                stack.enter_context(prefect_engine(workspace))
                from flows.local import run_locally
            stack.callback(listener.stop)
            summary = run_locally(what, data, config, workspace, listener)
            return summary
    finally:
        steps = [outcome.model_dump() for outcome in listener.outcomes]
        summary = {"run_id": run_id, **summary, "steps": steps}
        _write_json(workspace.run_folder(run_id) / "summary.json", summary)
        _write_json(json_file, summary)


def _writable(path: Path | None, inputs: Sequence[str]) -> None:
    """Refuse a `--json` that no file can be written to, or that is one of the inputs."""
    if path is None:
        return
    plain = not path.exists() or (path.is_file() and not path.is_symlink())
    if not plain or not path.absolute().parent.is_dir():
        raise InputError(f"--json {path}: expected a plain file in a folder that exists")
    if path.exists() and any(Path(source).is_file() and path.samefile(source) for source in inputs):
        raise InputError(f"--json {path}: is an input file; expected another one")


def _write_json(path: Path | None, value: Any) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--json {path}: cannot be written: {error.strerror}") from None


def _console() -> Any:
    from rich.console import Console

    return Console()


if __name__ == "__main__":
    main()
