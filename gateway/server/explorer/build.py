"""Build GraphiQL: `python -m gateway.server.explorer.build`.

It needs npm once; the result is static files that the server finds by itself. Without npm, or when npm fails, the plain
page stays in use, so nothing here is fatal. Only the standard library is used: the wheel's build hook runs this
file too.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
BUILT = FOLDER / "built"
SOURCES = (
    *("index.html", "package.json", "package-lock.json", "vite.config.js", "src"),
    *("fallback/icon.svg", "fallback/trace.js"),
)
# Where vite writes: git ignores it, and a build that fails half way leaves the former one alone.
FRESH = FOLDER / "node_modules" / ".built"

NPM_TIMEOUT_S = 600


class BuildFailed(Exception):
    """One line that says what is missing or what went wrong."""


def build() -> None:
    """Build, whether needed or not. Raises BuildFailed; then the former build is still there."""
    npm = shutil.which("npm")
    if npm is None:
        raise BuildFailed("npm is not installed, so GraphiQL was not built. The plain explorer page is served instead.")
    _run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
    _run(npm, "run", "build", "--", "--outDir", str(FRESH))
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.move(FRESH, BUILT)


def is_current() -> bool:
    """Whether there is a build and no source is newer."""
    page = BUILT / "index.html"
    if not page.is_file():
        return False
    files = [file for name in SOURCES for file in (FOLDER / name, *(FOLDER / name).rglob("*")) if file.is_file()]
    return all(file.stat().st_mtime <= page.stat().st_mtime for file in files)


def _run(*command: str) -> None:
    """One npm command; its output is shown only in the reason of a failure."""
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(_reason(command, str(error))) from error
    if done.returncode != 0:
        raise BuildFailed(_reason(command, done.stderr.strip() or done.stdout.strip()))


def _reason(command: tuple[str, ...], output: str) -> str:
    said = "\n".join(f"    {line}" for line in output.splitlines()[-12:])
    return f"`npm {command[1]}` failed, so GraphiQL was not built. The plain explorer page is served.\n{said}"


def main() -> None:
    """Say what was done, or why not; the exit status is 0 either way."""
    if is_current():
        print("GraphiQL is built already.")
        return
    print("Building GraphiQL with npm; the first time takes up to a minute.", flush=True)
    try:
        build()
    except BuildFailed as failure:
        print(failure)
    else:
        print("GraphiQL is built.")


if __name__ == "__main__":
    main()
