"""SQLite's own VFS in this process, with a word to say before each change of a file.

The functions of the default VFS are kept, but for those that change a file. They call
a ``Witness`` first, which may refuse. It is the library that Python's ``sqlite3`` uses,
so that the product runs on it as it is, with its WAL, shared memory and locks.
"""

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

_OK: Final = 0
_P, _I, _L = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
_NAME: Final = b"witnessed"

_Open = ctypes.CFUNCTYPE(_I, _P, _P, _P, _I, _P)
_Delete = ctypes.CFUNCTYPE(_I, _P, _P, _I)
_Read = ctypes.CFUNCTYPE(_I, _P, _P, _I, _L)
_Write = ctypes.CFUNCTYPE(_I, _P, _P, _I, _L)
_Truncate = ctypes.CFUNCTYPE(_I, _P, _L)
_Sync = ctypes.CFUNCTYPE(_I, _P, _I)


class Witness(Protocol):
    """Is asked before a file changes; what is not 0 is SQLite's error code instead."""

    def opens_file(self, path: Path) -> int: ...
    def reads_file(self, path: Path) -> int: ...
    def writes_file(self, path: Path, offset: int, content: bytes) -> int: ...
    def truncates_file(self, path: Path, size: int) -> int: ...
    def syncs_file(self, path: Path) -> int: ...
    def deletes_file(self, path: Path, *, synced: bool) -> int: ...


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs`` of version 3, as sqlite3.h declares it."""

    _fields_ = [
        ("iVersion", _I),
        ("szOsFile", _I),
        ("mxPathname", _I),
        ("pNext", _P),
        ("zName", ctypes.c_char_p),
        ("pAppData", _P),
        ("xOpen", _P),
        ("xDelete", _P),
        ("rest", _P * 13),
    ]


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods`` of version 3."""

    _fields_ = [
        ("iVersion", _I),
        ("xClose", _P),
        ("xRead", _P),
        ("xWrite", _P),
        ("xTruncate", _P),
        ("xSync", _P),
        ("rest", _P * 13),
    ]


class _Shim:
    """The VFS, which must outlive every connection that was opened with it."""

    def __init__(
        self, library: Any, witness: Witness, folder: Path, *, sharing: bool
    ) -> None:
        self._witness, self._folder, self._sharing = witness, folder, sharing
        self._paths: dict[int, Path] = {}
        self._methods: dict[int, _Methods] = {}
        self._kept: list[Any] = []
        self.original = library.sqlite3_vfs_find(None)
        self.vfs = _copied(_Vfs, self.original)
        self._open = _Open(self.vfs.xOpen)
        self._delete = _Delete(self.vfs.xDelete)
        self.vfs.zName = _NAME
        self.vfs.pNext = None
        self.vfs.xOpen = self._keep(_Open(self._on_open))
        self.vfs.xDelete = self._keep(_Delete(self._on_delete))

    def _keep(self, function: Any) -> Any:
        self._kept.append(function)
        return ctypes.cast(function, _P).value

    def _on_open(self, vfs: int, name: int, file: int, flags: int, out: int) -> int:
        path = self._path(name)
        if path is not None and (code := self._witness.opens_file(path)):
            ctypes.memset(file, 0, ctypes.sizeof(_P))
            return code
        code = int(self._open(vfs, name, file, flags, out))
        if code == _OK and path is not None:
            self._paths[file] = path
            self._watch(file)
        return code

    def _path(self, name: int | None) -> Path | None:
        """The file that is named, if it is in our folder."""
        path = Path(ctypes.string_at(name).decode()) if name else None
        return path if path is not None and path.parent == self._folder else None

    def _watch(self, file: int) -> None:
        place = _P.from_address(file)
        original = place.value or 0
        if original not in self._methods:
            self._methods[original] = self._witnessed(original)
        place.value = ctypes.addressof(self._methods[original])

    def _witnessed(self, original: int) -> _Methods:
        methods: _Methods = _copied(_Methods, original)
        read, write = _Read(methods.xRead), _Write(methods.xWrite)
        truncate, sync = _Truncate(methods.xTruncate), _Sync(methods.xSync)
        paths, witness = self._paths, self._witness
        if not self._sharing:
            methods.iVersion = 1

        def on_read(file: int, buffer: int, size: int, offset: int) -> int:
            return witness.reads_file(paths[file]) or int(
                read(file, buffer, size, offset)
            )

        def on_write(file: int, buffer: int, size: int, offset: int) -> int:
            content = ctypes.string_at(buffer, size)
            code = witness.writes_file(paths[file], offset, content)
            return code or int(write(file, buffer, size, offset))

        def on_truncate(file: int, size: int) -> int:
            return witness.truncates_file(paths[file], size) or int(
                truncate(file, size)
            )

        def on_sync(file: int, flags: int) -> int:
            return witness.syncs_file(paths[file]) or int(sync(file, flags))

        methods.xRead = self._keep(_Read(on_read))
        methods.xWrite = self._keep(_Write(on_write))
        methods.xTruncate = self._keep(_Truncate(on_truncate))
        methods.xSync = self._keep(_Sync(on_sync))
        return methods

    def _on_delete(self, vfs: int, name: int, sync_folder: int) -> int:
        path = self._path(name)
        synced = bool(sync_folder)
        if path is not None and (
            code := self._witness.deletes_file(path, synced=synced)
        ):
            return code
        return int(self._delete(vfs, name, sync_folder))


def _copied(kind: Any, address: int) -> Any:
    made = kind()
    ctypes.memmove(ctypes.byref(made), address, ctypes.sizeof(kind))
    return made


_KEPT: list[_Shim] = []
"""SQLite may call a VFS for as long as a connection of its is open."""


@contextmanager
def witnessed(
    witness: Witness, folder: Path, *, sharing: bool = True
) -> Iterator[None]:
    """Have databases of *folder* that are opened meanwhile ask *witness*.

    Without *sharing* files have no shared memory, as on some network file systems,
    and SQLite refuses its WAL.
    """
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = _P
    library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    library.sqlite3_vfs_register.argtypes = [_P, _I]
    library.sqlite3_vfs_unregister.argtypes = [_P]
    shim = _Shim(library, witness, folder, sharing=sharing)
    _KEPT.append(shim)
    library.sqlite3_vfs_register(ctypes.addressof(shim.vfs), 1)
    try:
        yield
    finally:
        library.sqlite3_vfs_unregister(ctypes.addressof(shim.vfs))
        library.sqlite3_vfs_register(shim.original, 1)
