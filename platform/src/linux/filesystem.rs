//! Space and inodes of the mounted local filesystems: `statvfs` on what `mount` finds worth a look.

use std::ffi::CString;

use super::{
    Error, Roots,
    collector::{Collector, Found},
    ffi::{self, Space},
    kept::Kept,
    mount::{self, Mount},
    rows::{Rows, set},
    space::{Asking, Spaces},
};
use crate::model::{Filesystem, Sample, SilentFilesystem};

/// Each local filesystem once, by mountpoint, and the one that holds the disk path, whatever it is unless it is on the
/// network. One that cannot be asked is listed apart; the errors are of those that do not answer or must not be asked,
/// and of an odd line.
pub(super) struct Filesystems {
    roots: Roots,
    disk_path: String,
    with_network: bool,
    spaces: Spaces,
    mountinfo: Kept,
    /// The kernel tells when something was mounted. Other files, of a copied tree, are read anew each time.
    is_watched: bool,
    /// As of the last change of the mounts.
    mounts: Option<Mounts>,
}

struct Mounts {
    /// In the order of the mountpoints. The mounts of one filesystem are places of one.
    listed: Vec<Vec<Place>>,
    /// What holds the disk path, if that is none of the others.
    holding: Option<Place>,
    odd: Option<Error>,
}

/// Where a filesystem can be asked.
struct Place {
    mount: Mount,
    path: CString,
}

impl Filesystems {
    /// `disk_path` is as `Roots::resolve` gives it.
    pub(super) fn new(roots: &Roots, disk_path: &str, with_network: bool) -> Self {
        Self::with(roots, disk_path, with_network, Spaces::of_system())
    }

    fn with(roots: &Roots, disk_path: &str, with_network: bool, spaces: Spaces) -> Self {
        let (roots, disk_path) = (roots.clone(), disk_path.to_owned());
        let mountinfo = Kept::long_list(roots.in_process("mountinfo"));
        Self { roots, disk_path, with_network, spaces, mountinfo, is_watched: false, mounts: None }
    }

    fn is_current(&self) -> bool {
        let is_unchanged = |file| self.is_watched && !ffi::mounts_changed(file);
        self.mounts.is_some() && self.mountinfo.file().is_some_and(is_unchanged)
    }
}

impl Collector for Filesystems {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        // Nothing else empties it where the mounts cannot be read.
        sample.silent_filesystems.clear();
        if !self.is_current() {
            self.mounts = None;
            let text = self.mountinfo.read(text)?;
            self.mounts = Some(Mounts::parse(text, &self.roots, &self.disk_path, self.with_network));
            self.is_watched = self.mountinfo.file().is_some_and(ffi::is_of_proc);
        }
        let Some(mounts) = &self.mounts else { return Ok(Found::Nothing) };
        odd.extend(mounts.odd.iter().map(Error::again));
        let mut asking = None;
        let silent = &mut sample.silent_filesystems;
        let mut rows = Rows::over(&mut sample.filesystems);
        for places in &mounts.listed {
            let answer = places.iter().find_map(|place| {
                let space = place.ask(&self.spaces, &mut asking).transpose()?;
                Some(space.map(|space| (place, space)))
            });
            match answer {
                Some(Ok((place, space))) => place.write(space, rows.next()),
                answer => {
                    places.iter().take(1).for_each(|place| place.tell_silent(silent));
                    odd.extend(answer.and_then(Result::err));
                }
            }
        }
        let is_listed = |mountpoint: &str, rows: &mut Rows<Filesystem>| {
            rows.written().iter().any(|row| row.mountpoint == mountpoint)
        };
        if let Some(place) = mounts.holding.as_ref().filter(|place| !is_listed(&place.mount.mountpoint, &mut rows)) {
            match place.ask_holding(&self.spaces, &mut asking) {
                Ok(Some(space)) => {
                    place.write(space, rows.next());
                    rows.written().sort_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
                }
                Ok(None) => place.tell_silent(silent),
                Err(error @ Error::Network { .. }) => odd.push(error),
                Err(error) if odd.iter().any(|told| told.to_string() == error.to_string()) => {}
                Err(error) => {
                    place.tell_silent(silent);
                    odd.push(error);
                }
            }
        }
        Ok(Found::Source)
    }
}

impl Mounts {
    fn parse(text: &str, roots: &Roots, disk_path: &str, with_network: bool) -> Self {
        let (mounts, odd) = mount::parse(text, with_network);
        let place = |mount: &Mount| Place::new(mount.clone(), roots);
        let mut listed: Vec<Vec<Place>> = mounts
            .chunk_by(|a, b| a.id == b.id)
            .map(|same| same.iter().filter_map(place).collect())
            .filter(|places: &Vec<Place>| !places.is_empty())
            .collect();
        listed.sort_by(|a, b| a[0].mount.mountpoint.cmp(&b[0].mount.mountpoint));
        let holding = holding(text, disk_path).and_then(|mount| Place::new(mount, roots));
        Self { listed, holding, odd }
    }
}

impl Place {
    /// Files can be mountpoints too (`/etc/hosts` in a container): they stand for no filesystem.
    fn new(mount: Mount, roots: &Roots) -> Option<Self> {
        let path = roots.in_root(&mount.mountpoint);
        if mount.is_prompt && !path.is_dir() {
            return None;
        }
        let path = CString::new(path.into_os_string().into_encoded_bytes()).ok()?;
        Some(Self { mount, path })
    }

    fn ask<'a>(&self, spaces: &'a Spaces, asking: &mut Option<Asking<'a>>) -> Result<Option<Space>, Error> {
        if self.mount.is_prompt && !spaces.is_always_limited() {
            return Ok(ffi::statvfs(&self.path).ok());
        }
        asking.get_or_insert_with(|| spaces.begin()).ask(&self.path)
    }

    fn ask_holding<'a>(&self, spaces: &'a Spaces, asking: &mut Option<Asking<'a>>) -> Result<Option<Space>, Error> {
        if mount::is_network(&self.mount.kind) {
            let (mountpoint, kind) = (self.mount.mountpoint.clone(), self.mount.kind.clone());
            return Err(Error::Network { mountpoint, kind });
        }
        self.ask(spaces, asking)
    }

    /// Adds it to those that could not be asked, once.
    fn tell_silent(&self, silent: &mut Vec<SilentFilesystem>) {
        let Mount { mountpoint, device, kind, .. } = &self.mount;
        if !silent.iter().any(|one| one.mountpoint == *mountpoint) {
            let (mountpoint, device, kind) = (mountpoint.clone(), device.clone(), kind.clone());
            silent.push(SilentFilesystem { mountpoint, device, kind });
        }
    }

    fn write(&self, space: Space, row: &mut Filesystem) {
        let has_inodes = space.inodes > 0;
        set(&mut row.mountpoint, &self.mount.mountpoint);
        set(&mut row.device, &self.mount.device);
        set(&mut row.kind, &self.mount.kind);
        row.total_bytes = space.total_bytes;
        row.free_bytes = space.free_bytes;
        row.available_bytes = space.available_bytes;
        row.inodes = has_inodes.then_some(space.inodes);
        row.inodes_free = has_inodes.then_some(space.inodes_free);
        row.read_only = self.mount.read_only;
    }
}

/// The mountpoint of the filesystem that holds the disk path; the path itself where the mounts cannot be read.
pub(super) fn disk_mountpoint(roots: &Roots, disk_path: &str) -> String {
    let holding = mount::text(roots).ok().and_then(|text| holding(&text, disk_path));
    holding.map_or_else(|| disk_path.to_owned(), |holding| holding.mountpoint)
}

/// `/` is listed in any case, and where it cannot be, nothing can stand for it.
fn holding(text: &str, disk_path: &str) -> Option<Mount> {
    if disk_path == "/" { None } else { mount::holding(text, disk_path) }
}

#[cfg(test)]
mod tests {
    use std::{ffi::CStr, thread, time::Duration};

    use super::*;

    #[test]
    fn a_root_that_hangs_leaves_a_gap_and_an_error_and_is_listed_apart() {
        let never = |_: &CStr| -> Option<Space> {
            loop {
                thread::park();
            }
        };
        let spaces = Spaces::new(never, Duration::from_millis(50));
        let mut filesystems = Filesystems::with(&Roots::default(), "/", false, spaces);
        for _ in 0..2 {
            let (mut sample, mut odd) = (Sample::default(), Vec::new());
            filesystems.read(&mut sample, &mut Vec::new(), &mut odd).unwrap();
            assert!(sample.filesystems.is_empty());
            let silent: Vec<_> = sample.silent_filesystems.iter().filter(|one| one.mountpoint == "/").collect();
            assert!(silent.len() == 1 && !silent[0].kind.is_empty(), "{:?}", sample.silent_filesystems);
            let root = "no answer in time from the filesystem at /";
            assert!(odd.iter().any(|error| error.to_string() == root), "{odd:?}");
        }
    }

    #[test]
    fn mounts_are_read_when_they_change() {
        let mut filesystems = Filesystems::new(&Roots::default(), "/", false);
        let (mut sample, mut text, mut odd) = (Sample::default(), Vec::new(), Vec::new());
        assert!(!filesystems.is_current());
        filesystems.read(&mut sample, &mut text, &mut odd).unwrap();
        assert!(filesystems.is_current(), "nothing was mounted in these microseconds");
        let root = sample.filesystems.iter().find(|row| row.mountpoint == "/").unwrap();
        assert!(root.total_bytes > 0 && root.free_bytes <= root.total_bytes);
    }
}
