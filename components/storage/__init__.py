"""Files wherever they are: local ones opened directly, gs://, s3:// and Azure through Beam's file systems.

Beam is imported only for remote paths, so that looking at a local file stays quick. What goes wrong is told as one
`Problem` within `reading` and `writing`.
"""

from components.storage.copying import at_home, copy, copy_tree, digest, homes
from components.storage.files import (
    StoredFile,
    checksum,
    create,
    delete,
    exists,
    folders,
    is_file,
    join,
    list_files,
    make_folder,
    matches,
    names_below,
    open_file,
    read,
    rename,
    write,
)
from components.storage.guard import knock_each, reading, writing
from components.storage.remote import file_systems, knock, s3_client, split_s3, use_options
from pipeline_configs.paths import is_remote

__all__ = [
    "StoredFile",
    "at_home",
    "checksum",
    "copy",
    "copy_tree",
    "create",
    "delete",
    "digest",
    "exists",
    "file_systems",
    "folders",
    "homes",
    "is_file",
    "is_remote",
    "join",
    "knock",
    "knock_each",
    "list_files",
    "make_folder",
    "matches",
    "names_below",
    "open_file",
    "read",
    "reading",
    "rename",
    "s3_client",
    "split_s3",
    "use_options",
    "write",
    "writing",
]
