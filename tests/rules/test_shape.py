"""Files and functions that can be read, and words at the head of each."""

import ast

from tests.rules.sources import BACKEND, ROOT, sources

EXCUSES: tuple[str, ...] = ()

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
PRINTERS = ("backend/console.py", "backend/commands/", "backend/__main__.py", "backend/avl/receiver_child.py")


def test_no_file_is_too_long() -> None:
    found = [
        f"{one.name}: {lines}"
        for one in sources()
        if (lines := len(one.text.splitlines())) > MOST_LINES_OF_A_FILE and one.name not in EXCUSES
    ]
    assert not found


def test_no_function_is_too_long() -> None:
    found = []
    for one in sources():
        for node in ast.walk(one.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION and one.name not in EXCUSES:
                    found.append(f"{one.name}:{node.lineno} {node.name}: {lines}")
    assert not found


def test_every_package_and_module_says_what_it_is() -> None:
    packages = [folder for folder in BACKEND.rglob("*") if folder.is_dir() and any(folder.glob("*.py"))]
    missing = [str(folder.relative_to(ROOT)) for folder in packages if not (folder / "__init__.py").is_file()]
    missing += [one.name for one in sources() if not ast.get_docstring(one.tree) and one.name not in EXCUSES]
    assert not missing


def test_only_commands_print() -> None:
    """Processes log: what is printed has no time, no level, and may block on a terminal."""
    found = [
        f"{one.name}:{call.lineno}"
        for one in sources()
        if not one.name.startswith((*PRINTERS, *EXCUSES, "\0"))
        for call in one.calls()
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert not found
