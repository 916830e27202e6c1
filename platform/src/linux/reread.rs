//! Small files that are read again and again, into one buffer: nothing is allocated once it has grown.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    os::unix::fs::FileExt,
    path::Path,
};

/// A file of `/sys` has a page at most.
const LIMIT_BYTES: usize = 4096;

/// The beginning of a file, a page at most, without the space around it.
pub(super) fn path<'a>(path: &Path, text: &'a mut Vec<u8>) -> io::Result<&'a str> {
    let mut file = File::open(path)?;
    text.resize(LIMIT_BYTES, 0);
    let length = file.read(text)?;
    utf8(&text[..length])
}

/// The same of a file that is kept open.
pub(super) fn file<'a>(file: &File, text: &'a mut Vec<u8>) -> io::Result<&'a str> {
    text.resize(LIMIT_BYTES, 0);
    let length = file.read_at(text, 0)?;
    utf8(&text[..length])
}

fn utf8(bytes: &[u8]) -> io::Result<&str> {
    str::from_utf8(bytes).map(str::trim).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}
