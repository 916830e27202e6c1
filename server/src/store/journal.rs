//! The journal: bodies as they came, on disk before they are answered. What is in it goes into the store's files in large
//! groups; then a new journal begins and the old one goes. After a kill it is read again.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes};
use tracing::{error, warn};

use super::Origin;

/// How a journal begins; the last byte is its version.
const MAGIC: &[u8; 8] = b"SISKJRN\x01";
/// Length and checksum before each record.
const HEAD_BYTES: usize = 8;
/// When it was received, and how it is encoded, before each body.
const FACTS_BYTES: usize = 9;
const EXTENSION: &str = "journal";

/// The journal that is written.
pub struct Journal {
    directory: PathBuf,
    number: u64,
    file: File,
    bytes: u64,
    /// Half a record may lie behind what counts, because it could not be taken away.
    is_torn: bool,
}

impl Journal {
    /// Begins an empty one.
    pub fn begin(directory: &Path, number: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path(directory, number))?;
        file.write_all(MAGIC)?;
        file.sync_all()?;
        // A new name is only there after a crash when its directory was synced.
        File::open(directory)?.sync_all()?;
        Ok(Journal { directory: directory.to_owned(), number, file, bytes: MAGIC.len() as u64, is_torn: false })
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes bodies, durable on return. On an error none of them is there.
    pub fn append<'a>(&mut self, origins: impl Iterator<Item = &'a Origin>) -> io::Result<()> {
        if self.is_torn {
            self.tear_off()?;
        }
        let mut written = 0;
        let result = origins
            .into_iter()
            .try_for_each(|origin| {
                written += self.write(origin)?;
                Ok(())
            })
            .and_then(|()| self.file.sync_data());
        match result {
            Ok(()) => self.bytes += written,
            Err(_) => {
                self.is_torn = true;
                // If that fails too, nothing is written until it has been done.
                let _ = self.tear_off();
            }
        }
        result
    }

    /// What follows must not stand behind half a record.
    fn tear_off(&mut self) -> io::Result<()> {
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.is_torn = false;
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

    /// Removes it: what it had is elsewhere.
    pub fn remove(self) {
        remove(&self.directory, self.number);
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

/// What a journal has.
#[derive(Debug, Default, PartialEq)]
pub struct Contents {
    /// The bodies, in the order in which they came.
    pub origins: Vec<Origin>,
    /// Bytes that are no record, though records follow: the disk has changed them.
    pub damaged_bytes: usize,
}

/// Reads a journal. Half a record at its end was never answered; damage before others is passed over.
pub fn read(directory: &Path, number: u64) -> io::Result<Contents> {
    let path = path(directory, number);
    let mut bytes = Vec::new();
    File::open(&path)?.read_to_end(&mut bytes)?;
    let mut rest = Bytes::from(bytes);
    let mut contents = Contents::default();
    if rest.len() < MAGIC.len() {
        return Ok(contents);
    }
    if &rest.split_to(MAGIC.len())[..] != MAGIC {
        return Err(io::Error::other(format!("{} is no journal of this version", path.display())));
    }
    loop {
        while let Some(origin) = record(&mut rest) {
            contents.origins.push(origin);
        }
        let Some(damaged) = next_record(&rest) else { break };
        contents.damaged_bytes += damaged;
        rest.advance(damaged);
    }
    if contents.damaged_bytes > 0 {
        error!(path = %path.display(), bytes = contents.damaged_bytes, "the journal is damaged: samples are lost");
    }
    if !rest.is_empty() {
        warn!(path = %path.display(), bytes = rest.len(), "the journal ends in half a record, which was never answered");
    }
    Ok(contents)
}

/// Keeps a damaged journal out of the way, for whoever wants to look at it.
pub fn set_aside(directory: &Path, number: u64) {
    let path = path(directory, number);
    let aside = path.with_extension("damaged");
    match std::fs::rename(&path, &aside) {
        Ok(()) => warn!(path = %aside.display(), "the damaged journal is kept here"),
        Err(error) => warn!(%error, path = %path.display(), "cannot set a damaged journal aside"),
    }
}

pub fn remove(directory: &Path, number: u64) {
    let path = path(directory, number);
    if let Err(error) = std::fs::remove_file(&path) {
        warn!(%error, path = %path.display(), "cannot remove a journal");
    }
}

/// How far behind the begin the next whole record is.
fn next_record(damaged: &Bytes) -> Option<usize> {
    // Any bytes may look like a length: before its checksum is computed, a record must have a time and an encoding.
    let is_likely = |begin: &usize| {
        let mut facts = damaged.get(begin + HEAD_BYTES..)?;
        (facts.len() >= FACTS_BYTES).then(|| facts.get_i64_le().unsigned_abs() < 1 << 56 && facts.get_u8() < 8)
    };
    let mut likely = (1..damaged.len()).filter(|begin| is_likely(begin).unwrap_or(false));
    likely.find(|begin| record(&mut damaged.slice(begin..)).is_some())
}

/// Takes the next record off; leaves the rest as it is when there is none.
fn record(rest: &mut Bytes) -> Option<Origin> {
    let mut head = rest.get(..HEAD_BYTES)?;
    let (length, sum) = (head.get_u32_le() as usize, head.get_u32_le());
    let payload = rest.get(HEAD_BYTES..HEAD_BYTES.checked_add(length)?).filter(|_| length >= FACTS_BYTES)?;
    if crc32fast::hash(payload) != sum {
        return None;
    }
    rest.advance(HEAD_BYTES);
    let mut payload = rest.split_to(length);
    Some(Origin { received_us: payload.get_i64_le(), encoding: payload.get_u8(), body: payload })
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
        assert_eq!(read(place.path(), 7).unwrap(), Contents { origins, damaged_bytes: 0 });
        assert_eq!(journal.bytes(), std::fs::metadata(path(place.path(), 7)).unwrap().len());
        journal.remove();
        assert_eq!(numbers(place.path()), [0; 0]);
    }

    #[test]
    fn a_foreign_file_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("3.journal"), b"something else").unwrap();
        let error = read(place.path(), 3).unwrap_err().to_string();
        assert!(error.contains("3.journal"), "{error}");
    }

    #[test]
    fn nothing_is_written_behind_half_a_record() {
        let place = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(place.path(), 1).unwrap();
        let origins: Vec<Origin> = (0..4).map(origin).collect();
        journal.append(origins[..2].iter()).unwrap();
        // A disk that was full in the midst of a record, and did not take it back either.
        journal.file.write_all(&[7; 5]).unwrap();
        journal.is_torn = true;
        let writable = std::mem::replace(&mut journal.file, File::open(path(place.path(), 1)).unwrap());
        assert!(journal.append(origins[2..].iter()).is_err(), "it cannot be truncated now");
        journal.file = writable;
        journal.append(origins[2..].iter()).unwrap();
        assert_eq!(read(place.path(), 1).unwrap(), Contents { origins, damaged_bytes: 0 });
    }

    #[test]
    fn damage_costs_no_more_than_what_it_hit() {
        let place = tempfile::tempdir().unwrap();
        let origins: Vec<Origin> = (1..9).map(origin).collect();
        Journal::begin(place.path(), 1).unwrap().append(origins.iter()).unwrap();
        let file = path(place.path(), 1);
        let whole = std::fs::read(&file).unwrap();
        let first = MAGIC.len() + HEAD_BYTES + FACTS_BYTES + origins[0].body.len();
        // Of the second record: its length, its checksum, its body.
        for place_of in [0, 5, HEAD_BYTES + FACTS_BYTES + 2] {
            let mut bytes = whole.clone();
            bytes[first + place_of] ^= 0xff;
            std::fs::write(&file, bytes).unwrap();
            let contents = read(place.path(), 1).unwrap();
            assert_eq!(contents.origins[0], origins[0]);
            assert_eq!(contents.origins[1..], origins[2..], "{place_of}");
            assert_eq!(contents.damaged_bytes, HEAD_BYTES + FACTS_BYTES + origins[1].body.len());
        }
        set_aside(place.path(), 1);
        assert_eq!(numbers(place.path()), [0; 0]);
        assert!(file.with_extension("damaged").exists());
    }

    proptest! {
        /// A kill may leave any part of the last record, and a bad disk may change any byte.
        #[test]
        fn a_cut_or_changed_journal_gives_whole_records(cut in 0usize..900, flip in proptest::option::of(0usize..900)) {
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
            let mut left = origins.iter();
            prop_assert!(found.origins.iter().all(|origin| left.any(|written| written == origin)), "each as it was, in order");
        }
    }
}
