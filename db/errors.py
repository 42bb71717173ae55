"""What can go wrong with storage. Each message is one sentence that names the cause and what to do about it."""


class StorageError(Exception):
    """Base of all errors of storage; ``str(error)`` is ready to be shown on a page and holds no password."""


class StorageUnavailable(StorageError):
    """The database cannot be reached, read or written: no server, no folder, read-only, damaged, not a database."""


class DatabaseMissing(StorageUnavailable):
    """There is no database at the address, and whoever asked only wants to read one."""


class StorageFull(StorageError):
    """There is no room left for what should be stored; nothing of it was."""


class UnknownImpression(StorageError, LookupError):
    """An answer names an impression (or a vote) that was never stored."""


class UnknownRater(StorageError, LookupError):
    """Nothing is stored of the person who should be forgotten."""


class ForeignImpression(StorageError):
    """An answer to an explanation that was shown to somebody else."""


class InvalidExport(StorageError, ValueError):
    """A file that is no export, or one that contradicts what is stored."""


class InvalidRecord(StorageError, ValueError):
    """A value that the schema does not allow; the message carries it."""


class UnknownStudy(StorageError, LookupError):
    """There is no study of that code."""


class StudyClosed(StorageError):
    """The study takes nobody new and cannot be changed."""


class StudyFull(StorageError):
    """Every item of the study has as many answers as it needs, or people who are about to give them."""


class UnknownAssignment(StorageError, LookupError):
    """An answer to an item that was never assigned to this participant."""


class UnknownRoom(StorageError, LookupError):
    """There is no room of that code."""


class RoomClosed(StorageError):
    """The room was closed or has expired."""


class NotNow(StorageError):
    """An answer to a question that is not open, or no longer."""


class RoomMoved(StorageError):
    """Somebody else has changed the room in the meantime."""
