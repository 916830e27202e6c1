//! What a path of the directory leads to, and whether it may be read. Who may write in the directory is often less than the
//! agent: by a link, such a user could have it show a file that only the agent may read.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

/// Who else than its owner may write in a directory: its group, and anybody.
const WRITE_OF_OTHERS: u32 = 0o022;

/// What is at the end of a path.
pub(super) struct Target {
    /// A handle for no more than to ask about it: no device wakes, no pipe waits.
    handle: File,
    pub(super) metadata: Metadata,
    pub(super) place: Place,
}

/// Where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// In the directory, and as far as is known nowhere else.
    #[default]
    Inside,
    /// A link leads out of the directory, or the file has other names too. It is read, and never quoted.
    Outside,
    /// A link leads out of the directory, and need not be of somebody who may read the file.
    Forbidden,
}

impl Target {
    /// Follows links, and judges by what was found at their end: a path may lead elsewhere a moment later.
    pub(super) fn find(directory: &Path, path: &Path) -> io::Result<Self> {
        let (handle, metadata) = handle(path, libc::O_NOFOLLOW)?;
        if !metadata.is_symlink() {
            let place = if metadata.nlink() > 1 { Place::Outside } else { Place::Inside };
            return Ok(Self { handle, metadata, place });
        }
        let (handle, metadata) = self::handle(path, 0)?;
        let (directory, around) = self::handle(directory, 0)?;
        let is_inside = real_path(&handle)?.starts_with(real_path(&directory)?);
        let is_owners = around.uid() == metadata.uid() && around.mode() & WRITE_OF_OTHERS == 0;
        let place = match (is_inside, is_owners) {
            (true, _) if metadata.nlink() <= 1 => Place::Inside,
            (true, _) | (false, true) => Place::Outside,
            (false, false) => Place::Forbidden,
        };
        Ok(Self { handle, metadata, place })
    }

    /// Opens what was found, and nothing that may have come to its place.
    pub(super) fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(name(&self.handle))
    }
}

fn handle(path: &Path, flags: i32) -> io::Result<(File, Metadata)> {
    let handle = OpenOptions::new().read(true).custom_flags(libc::O_PATH | flags).open(path)?;
    let metadata = handle.metadata()?;
    Ok((handle, metadata))
}

/// The path without links.
fn real_path(handle: &File) -> io::Result<PathBuf> {
    fs::read_link(name(handle))
}

/// The name that this process has for what it holds. Of its own `/proc`, whatever host it reads.
fn name(handle: &File) -> String {
    format!("/proc/self/fd/{}", handle.as_raw_fd())
}
