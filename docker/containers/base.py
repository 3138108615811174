"""A base image without an image registry: Debian by `debootstrap`, imported under Python's official name."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from containers import engine
from containers.names import STAND_IN
from contracts.errors import DownloadFailed, UnsuitableRuntime

_PACKAGES = ("ca-certificates", "python3", "python3-venv")
_NOT_KEPT = (
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./usr/share/info/*",
    "./proc/*",
    "./sys/*",
    "./dev/*",
)
_WITHIN = 900.0


def make_base(name: str, suite: str, version: str, folder: Path) -> None:
    """Make the base image `name` of Debian's `suite`, whose Python is `version`, with `folder` as scratch.

    Raises `UnsuitableRuntime` where it cannot be made: it takes root, and Debian's `debootstrap`.
    """
    if not shutil.which("debootstrap") or os.geteuid() != 0:
        raise UnsuitableRuntime(
            "the base image is made by debootstrap, as root: on Debian, `apt-get install debootstrap`, then"
            " run it again as root."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _debootstrap(suite, folder)
        for link in ("python", "python3", f"python{version}"):
            (folder / "usr/local/bin" / link).symlink_to(f"/usr/bin/python{version}")
        label = (
            f"LABEL {STAND_IN}='Debian {suite} with its own Python, by debootstrap; not the official image'"
        )
        engine.import_folder(folder, name, [label, 'CMD ["python3"]'], _NOT_KEPT)
    finally:
        _unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


def mirror() -> str:
    """Where this machine's own apt takes Debian from, or `DEBIAN_MIRROR`; no host name is written down."""
    if given := os.environ.get("DEBIAN_MIRROR"):
        return given
    asked = ["apt-get", "indextargets", "--format", "$(SITE)"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    sites = sorted({line for line in told.split() if line.rstrip("/").endswith("/debian")})
    if not sites:
        raise UnsuitableRuntime("apt knows no mirror of Debian here: set DEBIAN_MIRROR to one.")
    return sites[0]


def _debootstrap(suite: str, folder: Path) -> None:
    words = ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", suite, str(folder)]
    log = folder.with_suffix(".log")
    with log.open("wb") as told:
        done = subprocess.run(
            [*words, mirror()], stdout=told, stderr=subprocess.STDOUT, timeout=_WITHIN, check=False
        )
    if done.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise DownloadFailed(f"debootstrap failed ({said[-1] if said else 'without a word'}): see {log}.")


def _unmount_below(folder: Path) -> None:
    """Unmount what a debootstrap that was cut short left mounted there."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in sorted(mounts, reverse=True):
        if mount.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", mount], check=False)
