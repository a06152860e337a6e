"""Dumps as folders of files, and as the archive of such a folder that the site offers."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from catalog.dumps.manifest import NAME, DumpRefused

_MOST_OF_MANIFEST = 1 << 20


class Folder:
    """A folder in the making: it has its name once it is whole, and until then that name with `.part`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")

    @contextmanager
    def whole(self) -> Iterator["Folder"]:
        """Make the folder; rename it when all went well, else take it away. What a killed process left is taken away, too."""
        if self.path.exists():
            raise DumpRefused(f"{self.path} exists already: choose another name, or move it away")
        try:
            shutil.rmtree(self.part, ignore_errors=True)
            self.part.mkdir(parents=True)
            yield self
            self.part.rename(self.path)
        except OSError as error:
            raise DumpRefused(
                f"{error.filename or self.path} cannot be written: {error.strerror}"
            ) from error
        finally:
            shutil.rmtree(self.part, ignore_errors=True)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with (self.part / name).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


class Source(Protocol):
    """Where the files of a dump are read from."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]: ...


class _FolderSource:
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return (self.path / name).open("rb")


class _TarSource:
    """An archive, of which only the files are read that are asked for: nothing is unpacked."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.members = {Path(one.name).name: one for one in tar.getmembers() if one.isfile()}
        self.tar = tar

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        member = self.members.get(name)
        file = self.tar.extractfile(member) if member else None
        if file is None:
            raise FileNotFoundError(name)
        return file


@contextmanager
def reading(path: Path) -> Iterator[Source]:
    """The dump at a path: a folder, or the archive of one."""
    if path.is_dir():
        yield _FolderSource(path)
        return
    try:
        tar = tarfile.open(path, "r:")  # noqa: SIM115  # the next line closes it
    except FileNotFoundError as error:
        raise DumpRefused(f"there is no {path}") from error
    except (OSError, tarfile.TarError) as error:
        raise DumpRefused(f"{path} is neither a folder nor a tar archive of a dump") from error
    with tar:
        try:
            source = _TarSource(tar)
        except tarfile.TarError as error:
            raise DumpRefused(f"{path} is cut or damaged: {error}") from error
        yield source


def manifest_bytes(source: Source) -> bytes:
    """The manifest, of which no more is read than one may have."""
    try:
        with source.open(NAME) as file:
            data = file.read(_MOST_OF_MANIFEST + 1)
    except OSError as error:
        raise DumpRefused(f"there is no {NAME} that can be read: this is no dump") from error
    if len(data) > _MOST_OF_MANIFEST:
        raise DumpRefused(f"{NAME} is far too large")
    return data
