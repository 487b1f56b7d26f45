"""Command line of Surefoot: ``surefoot COMMAND ...``.

Adding a command is adding a module to this folder. Its name is the command (``walk.py`` is
``surefoot walk``, ``bench_nmpc.py`` is ``surefoot bench nmpc``), the first line of its docstring is
its line in ``surefoot --help``, and its function ``main`` is called with arguments that tyro reads
from the command line by its signature and docstring. ``main`` may return an exit code.
Modules whose names begin with ``_`` are no commands. Only the called command is imported.
"""

from __future__ import annotations

import ast
import importlib
import logging
import pkgutil
import sys
from pathlib import Path

from surefoot.data import SurefootError


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code; an expected error is one clear message and code 1.

    Parameters
    ----------
    arguments
        Of the command line; None takes those of the process.
    """
    words = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    command = _find(words)
    if command is None:
        asked_for_help = bool(words) and words[0] in ("-h", "--help")
        if words and not asked_for_help:
            print(f"error: no command '{' '.join(words)}'", file=sys.stderr)
        print(_overview(), file=sys.stdout if asked_for_help else sys.stderr)
        sys.exit(0 if asked_for_help else 2)
    try:
        sys.exit(_run(command, words[len(command.split()) :]))
    except SurefootError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone, as in `surefoot robots | head`
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(command: str, arguments: list[str]) -> int:
    import tyro  # here, so that the overview needs no more than the standard library

    module = importlib.import_module(f"surefoot.cli.{command.replace(' ', '_')}")
    code = tyro.cli(module.main, prog=f"surefoot {command}", args=arguments)
    return int(code or 0)


def _commands() -> list[str]:
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", " ") for name in names if not name.startswith("_"))


def _find(words: list[str]) -> str | None:
    """Longest command that the words begin with."""
    found = [name for name in _commands() if words[: len(name.split())] == name.split()]
    return max(found, key=len, default=None)


def _overview() -> str:
    lines = ["usage: surefoot COMMAND ... (surefoot COMMAND --help explains one)", "", "commands:"]
    for name in _commands():
        path = Path(__file__).with_name(name.replace(" ", "_") + ".py")
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        lines.append(f"  {name:<18} {docstring.partition(chr(10))[0]}")
    return "\n".join(lines)
