"""`make bundle`: one archive that installs the product on a machine without a network.

weipian-VERSION/
  install.sh       checks, installs, and says what to do next
  SHA256SUMS       of everything else
  code/            what is committed, without tests
  wheels/          of requirements.txt, by its hashes, for x86_64 and aarch64

`python -m deploy.bundle --check ARCHIVE` installs one into a temporary folder, in a namespace
without a network where the machine grants one, creates a store and asks the product if it is ready.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from data.settings import PROJECT_DIR

MACHINES = ("x86_64", "aarch64")
#: Of the interpreter that install.sh asks for.
PYTHON = "3.11"
#: Wheels may ask for glibc 2.28 at most: Debian 10, openEuler 20.03 and later have it.
_GLIBC = range(28, 4, -1)
_CODE = (
    "CHANGELOG.md", "LICENSE", "README.md", "app.py", "assets", "callbacks", "components", "data",
    "deploy", "docs", "pages", "pyproject.toml", "requirements.txt", ":!docs/screenshots",
)  # fmt: skip
_ASK = """
from app import create_app
client = create_app().server.test_client()
ready = client.get("/readyz")
assert ready.status_code == 200, ready.text
assert client.get("/login").status_code == 200
print("ready:", ready.text.strip())
"""


def version() -> str:
    """`0.1.0-1ef1d54`: of the program and of what is committed."""
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    commit = _git("rev-parse", "--short=7", "HEAD").decode().strip()
    return f"{project['version']}-{commit}"


def build(out: Path) -> Path:
    name = f"weipian-{version()}"
    archive = out / f"{name}.tar"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        root = Path(temporary) / name
        (root / "code").mkdir(parents=True)
        code = _git("archive", "--format=tar", "HEAD", "--", *_CODE)
        subprocess.run(["tar", "-x", "-C", str(root / "code")], input=code, check=True)
        for machine in MACHINES:
            download(machine, root / "wheels")
        shutil.copy2(PROJECT_DIR / "deploy" / "install.sh", root / "install.sh")
        write_sums(root)
        part = Path(temporary) / archive.name
        with tarfile.open(part, "w") as tar:  # wheels are compressed already
            tar.add(root, name)
        part.replace(archive)
    return archive


def download(machine: str, folder: Path) -> None:
    """The wheels of requirements.txt for a machine, each compared with its hash. Raises
    CalledProcessError where one is missing."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC]
    platforms += [f"manylinux{year}_{machine}" for year in (2014, 2010, 1)]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp",
        f"--python-version={PYTHON}", f"--dest={folder}",
        *(f"--platform={name}" for name in platforms),
        "-r", str(PROJECT_DIR / "requirements.txt"),
    ]  # fmt: skip
    subprocess.run(command, check=True)


def write_sums(root: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n"
        for path in sorted(root.rglob("*"))
        if path.is_file()
    ]
    (root / "SHA256SUMS").write_text("".join(lines), "utf-8")


def check(archive: Path) -> None:
    """Raises CalledProcessError where it cannot be installed or does not work."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        (root,) = folder.glob("weipian-*")
        target = folder / "installed"
        environment = {"PATH": os.environ["PATH"], "HOME": temporary, "LANG": "C.UTF-8"}
        alone = _without_network()
        subprocess.run(
            [*alone, "sh", str(root / "install.sh"), str(target)], env=environment, check=True
        )
        local = environment | {"WEIPIAN_LOCAL_DIR": str(folder / "local")}
        python = str(target / ".venv" / "bin" / "python")
        for arguments in (["-m", "data", "init"], ["-c", _ASK], ["-m", "data", "verify"]):
            subprocess.run([*alone, python, *arguments], cwd=target, env=local, check=True)


def _without_network() -> list[str]:
    """What stands in front of a command so that it sees no network; said where that is refused."""
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    tried = subprocess.run([*alone, "true"], capture_output=True, check=False)
    if tried.returncode == 0:
        return alone
    print("no namespace without a network here: pip is told to use none", file=sys.stderr)
    return []


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=PROJECT_DIR, check=True, stdout=-1).stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.bundle", description=__doc__)
    parser.add_argument("--out", type=Path, default=PROJECT_DIR / "dist")
    parser.add_argument("--check", type=Path, metavar="ARCHIVE")
    options = parser.parse_args()
    if options.check:
        check(options.check)
        print(f"{options.check.name} installs and answers")
        return 0
    archive = build(options.out)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    print(f"{archive}  {archive.stat().st_size / (1 << 20):.0f} MB\nSHA-256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
