//! The journal: bodies as they came, on disk before they are answered. What is in it goes into the store's files in large
//! groups; then a new journal begins and the old one goes. After a kill it is read again.

mod records;

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tracing::{error, warn};

use self::records::Records;
use super::Origin;

/// How a journal begins; the last byte is its version.
const MAGIC: &[u8; 8] = b"SISKJRN\x01";
/// Length and checksum before each record.
const HEAD_BYTES: usize = 8;
/// When it was received, and how it is encoded, before each body.
const FACTS_BYTES: usize = 9;
const EXTENSION: &str = "journal";
/// Of a journal that was set aside because not all of it could be read.
const DAMAGED: &str = "damaged";

/// The journal that is written.
pub struct Journal {
    number: u64,
    file: File,
    /// What is whole and durable.
    bytes: u64,
    /// There may be part of a record behind that.
    torn: bool,
}

impl Journal {
    /// Begins an empty one.
    pub fn begin(directory: &Path, number: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path(directory, number))?;
        file.write_all(MAGIC)?;
        file.sync_all()?;
        // A new name is only there after a crash when its directory was synced.
        File::open(directory)?.sync_all()?;
        Ok(Journal { number, file, bytes: MAGIC.len() as u64, torn: false })
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.bytes == MAGIC.len() as u64
    }

    /// Writes bodies, durable on return. On an error none of them is there, and nothing is taken until that is so.
    pub fn append<'a>(&mut self, origins: impl Iterator<Item = &'a Origin>) -> io::Result<()> {
        if self.torn {
            self.cut()?;
        }
        let mut written = 0;
        let result = origins
            .into_iter()
            .try_for_each(|origin| {
                written += self.write(origin)?;
                Ok(())
            })
            .and_then(|()| self.file.sync_data());
        match &result {
            Ok(()) => self.bytes += written,
            Err(_) => {
                self.torn = true;
                if let Err(error) = self.cut() {
                    warn!(%error, number = self.number, "cannot cut half a record off the journal; trying again");
                }
            }
        }
        result
    }

    /// What follows must not stand behind half a record.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.torn = false;
        Ok(())
    }

    fn write(&mut self, origin: &Origin) -> io::Result<u64> {
        let length = u32::try_from(FACTS_BYTES + origin.body.len()).map_err(io::Error::other)?;
        let mut facts = [0; FACTS_BYTES];
        facts[..8].copy_from_slice(&origin.received_us.to_le_bytes());
        facts[8] = origin.encoding;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&facts);
        sum.update(&origin.body);
        let mut head = [0; HEAD_BYTES + FACTS_BYTES];
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4..8].copy_from_slice(&sum.finalize().to_le_bytes());
        head[8..].copy_from_slice(&facts);
        self.file.write_all(&head)?;
        self.file.write_all(&origin.body)?;
        Ok((head.len() + origin.body.len()) as u64)
    }
}

/// The numbers of the journals that there are, ascending.
pub fn numbers(directory: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut numbers: Vec<u64> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|path| path.file_stem()?.to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The bodies of a journal, in the order in which they came. Half a record at its end was never answered. Where whole
/// records follow upon one that cannot be read, they are read, and the file is kept under another name.
pub fn read(directory: &Path, number: u64) -> io::Result<Vec<Origin>> {
    let path = path(directory, number);
    let bytes = std::fs::read(&path)?;
    if bytes.len() < MAGIC.len() {
        return Ok(Vec::new());
    }
    if &bytes[..MAGIC.len()] != MAGIC {
        return Err(io::Error::other(format!("{} is no journal of this version", path.display())));
    }
    let Records { origins, lost_bytes, half_bytes } = Records::read(bytes.into(), MAGIC.len());
    if half_bytes > 0 {
        warn!(path = %path.display(), bytes = half_bytes, "the journal ends in half a record, which was never answered");
    }
    if lost_bytes > 0 {
        let kept = path.with_extension(DAMAGED);
        set_aside(&path, &kept)?;
        error!(
            path = %kept.display(),
            bytes = lost_bytes,
            "a journal is damaged: these bytes of samples are lost, what follows them is not; the file is kept"
        );
    }
    Ok(origins)
}

/// A second name for a file, which stays when the first one goes.
fn set_aside(path: &Path, kept: &Path) -> io::Result<()> {
    match std::fs::hard_link(path, kept) {
        // At a start that was cut off.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Not every filesystem has links.
        Err(_) => std::fs::copy(path, kept).map(drop),
        Ok(()) => Ok(()),
    }
}

pub fn remove(directory: &Path, number: u64) {
    let path = path(directory, number);
    if let Err(error) = std::fs::remove_file(&path) {
        warn!(%error, path = %path.display(), "cannot remove a journal");
    }
}

fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number}.{EXTENSION}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(number: usize) -> Origin {
        Origin {
            received_us: number as i64 - 3,
            encoding: (number % 3) as u8,
            body: vec![number as u8; number * 7].into(),
        }
    }

    #[test]
    fn what_was_written_is_read_in_order() {
        let place = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(place.path(), 7).unwrap();
        let origins: Vec<Origin> = (0..20).map(origin).collect();
        journal.append(origins[..5].iter()).unwrap();
        journal.append(origins[5..].iter()).unwrap();
        assert_eq!(numbers(place.path()), [7]);
        assert_eq!(read(place.path(), 7).unwrap(), origins);
        assert_eq!(journal.bytes(), std::fs::metadata(path(place.path(), 7)).unwrap().len());
        remove(place.path(), journal.number());
        assert_eq!(numbers(place.path()), [0; 0]);
    }

    #[test]
    fn a_foreign_file_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("3.journal"), b"something else").unwrap();
        let error = read(place.path(), 3).unwrap_err().to_string();
        assert!(error.contains("3.journal"), "{error}");
    }

    fn record_bytes(origin: &Origin) -> usize {
        HEAD_BYTES + FACTS_BYTES + origin.body.len()
    }

    /// Half a record that cannot be cut off must not come before whole ones.
    #[test]
    fn nothing_is_taken_behind_half_a_record() {
        let place = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(place.path(), 1).unwrap();
        let origins: Vec<Origin> = (0..4).map(origin).collect();
        journal.append(origins[..2].iter()).unwrap();
        // A file that takes neither bytes nor another length, after some bytes came through.
        let writable = std::mem::replace(&mut journal.file, File::open(path(place.path(), 1)).unwrap());
        OpenOptions::new().append(true).open(path(place.path(), 1)).unwrap().write_all(&[200, 0, 0, 0, 7]).unwrap();
        for _ in 0..2 {
            journal.append(origins[2..3].iter()).unwrap_err();
        }
        journal.file = writable;
        journal.file.seek(SeekFrom::End(0)).unwrap();
        journal.append(origins[3..].iter()).unwrap();
        assert_eq!(read(place.path(), 1).unwrap(), [&origins[..2], &origins[3..]].concat());
        assert_eq!(journal.bytes(), std::fs::metadata(path(place.path(), 1)).unwrap().len());
    }

    #[test]
    fn what_follows_a_damaged_record_is_read_and_the_file_is_kept() {
        let origins: Vec<Origin> = (0..9).map(origin).collect();
        let start = MAGIC.len() + origins[..4].iter().map(record_bytes).sum::<usize>();
        // In its body, its checksum, and its length.
        for place_of_damage in [HEAD_BYTES + FACTS_BYTES + 3, 5, 0, 2] {
            let place = tempfile::tempdir().unwrap();
            Journal::begin(place.path(), 1).unwrap().append(origins.iter()).unwrap();
            let path = path(place.path(), 1);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[start + place_of_damage] ^= 0x15;
            std::fs::write(&path, &bytes).unwrap();
            let expected = [&origins[..4], &origins[5..]].concat();
            assert_eq!(read(place.path(), 1).unwrap(), expected, "{place_of_damage}");
            // Once more, as after a kill.
            assert_eq!(read(place.path(), 1).unwrap(), expected);
            remove(place.path(), 1);
            assert_eq!(numbers(place.path()), [0; 0], "what is kept is no journal");
            assert_eq!(std::fs::read(place.path().join("1.damaged")).unwrap(), bytes);
        }
    }

    proptest! {
        /// A kill may leave any part of the last record, and a bad disk may change any byte.
        #[test]
        fn a_cut_or_changed_journal_gives_all_whole_records(cut in 0usize..900, flip in proptest::option::of(0usize..900)) {
            let place = tempfile::tempdir().unwrap();
            let origins: Vec<Origin> = (0..12).map(origin).collect();
            Journal::begin(place.path(), 1).unwrap().append(origins.iter()).unwrap();
            let path = path(place.path(), 1);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.truncate(cut.max(MAGIC.len()));
            if let Some(flip) = flip.filter(|flip| (MAGIC.len()..bytes.len()).contains(flip)) {
                bytes[flip] ^= 0x40;
            }
            std::fs::write(&path, bytes).unwrap();
            let found = read(place.path(), 1).unwrap();
            let whole = origins.iter().filter(|origin| found.contains(origin)).cloned().collect::<Vec<_>>();
            prop_assert_eq!(&found, &whole);
            // One changed byte costs one record.
            let ends = origins.iter().scan(MAGIC.len(), |end, origin| { *end += record_bytes(origin); Some(*end) });
            let uncut = ends.take_while(|end| *end <= cut.max(MAGIC.len())).count();
            prop_assert!(found.len() + 1 >= uncut, "{} of {uncut}", found.len());
            if flip.is_none() {
                prop_assert_eq!(found.len(), uncut);
                prop_assert!(!place.path().join("1.damaged").exists());
            }
        }
    }
}
