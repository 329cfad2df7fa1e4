"""Packages of npm that tests and demo try themselves against: fetched once into the build folder, never into the repository."""
import json
import shutil
import subprocess


def package(build, name, version):
    """The folder of name@version, installed below `build`/npm where it is not there yet."""
    prefix = build / "npm" / name
    folder = prefix / "node_modules" / name
    if not (folder / "package.json").exists():
        prefix.mkdir(parents=True, exist_ok=True)
        subprocess.run([shutil.which("npm"), "install", "--prefix", prefix, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", f"{name}@{version}"],
                       check=True, capture_output=True, text=True, timeout=240)
    found = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    if found != version:
        raise AssertionError(f"{name}: {found} is there, {version} is wanted")
    return folder
