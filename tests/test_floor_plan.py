"""The modules that import-linter cannot see: those at the top, where rooms are joined."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
HIDDEN = {".venv", "node_modules"}


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return plain | {node.module or "." * node.level for node in nodes if isinstance(node, ast.ImportFrom)}


def sources() -> Iterator[Path]:
    return (path for path in ROOT.rglob("*.py") if not HIDDEN & set(path.relative_to(ROOT).parts))


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    seen = "import sys, monitoring; print([name for name in sys.modules if name.startswith('monitoring.')])"
    said = subprocess.run([sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_servers_entry_knows_the_application_and_what_may_be_wrong_with_its_settings() -> None:
    assert imported(ROOT / "wsgi.py") == {"sys", "app", "monitoring.settings"}


def test_nobody_imports_the_application_but_its_servers_tests_and_benchmarks() -> None:
    importers = {path.relative_to(ROOT).parts[0] for path in sources() if "app" in imported(path)}
    assert {"wsgi.py", "tests"} <= importers <= {"wsgi.py", "tests", "benchmarks"}


def test_the_application_knows_flask_and_no_library_of_a_room() -> None:
    libraries = imported(ROOT / "app.py")
    assert "flask" in libraries and not {"sqlalchemy", "boto3", "redis", "pycurl", "apscheduler"} & libraries
