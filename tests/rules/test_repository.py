"""What must not be in the repository's files."""

import json
import re

from tests.rules.sources import ROOT, repository_files

EXCUSES: tuple[str, ...] = ()

# Registries and mirrors of packages, images and scripts: what is installed from where is the machine's business.
HOSTS = re.compile(
    r"registry\.npm|npmmirror|yarnpkg\.com|pypi\.org|pypi\.python|pythonhosted|tuna\.tsinghua|mirrors?\.[a-z]+\."
    r"|mirrors\.aliyun|jsdelivr|unpkg\.com|cdnjs|proxy\.golang|artifactory|nexus\.|crates\.io|ghcr\.io|quay\.io",
    re.I,
)
TEXT = {
    ".py",
    ".ts",
    ".vue",
    ".js",
    ".json",
    ".md",
    ".toml",
    ".lock",
    ".in",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".sh",
    "",
}
HERE = "tests/rules/test_repository.py"


def test_no_registry_is_named() -> None:
    found = []
    for file in repository_files():
        name = str(file.relative_to(ROOT))
        if file.suffix in TEXT and name != HERE and name not in EXCUSES:
            lines = file.read_text(errors="replace").splitlines()
            found += [f"{name}:{number}: {line[:120]}" for number, line in enumerate(lines, 1) if HOSTS.search(line)]
    assert not found


def test_python_locks_pin_and_hash_everything_and_name_no_address() -> None:
    locks = [file for file in repository_files() if file.name.startswith("requirements") and file.suffix == ".lock"]
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert "--index-url" not in text, lock.name
        pinned = re.findall(r"^[A-Za-z0-9][^ ]*==", text, re.M)
        blocks = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n +[^\n]*)*", text, re.M)
        assert len(pinned) == len(blocks), lock.name
        assert all("--hash=sha256:" in block for block in blocks), lock.name


def test_the_page_lock_names_digests_and_no_address() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert len(installed) > 50
    assert not [name for name, package in installed.items() if "resolved" in package]
    assert not [name for name, package in installed.items() if not package.get("integrity")]


def test_the_map_engine_is_known_to_one_file() -> None:
    uses = re.compile(r"""(?:from|import)\s*\(?\s*['"](?:maplibre|mapbox)-gl""")
    source = ROOT / "frontend" / "src"
    files = [file for file in repository_files() if file.is_relative_to(source) and file.suffix in (".ts", ".vue")]
    assert len(files) > 10
    found = [str(file.relative_to(source)) for file in files if uses.search(file.read_text())]
    assert found == ["map/engine.ts"]
