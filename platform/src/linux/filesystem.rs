//! Space and inodes of the mounted local filesystems: `statvfs` on what `mount` finds worth a look.

use super::{Error, Roots, ffi, mount};
use crate::model::Filesystem;

/// Each local filesystem once, by mountpoint. One that cannot be asked is left out.
pub fn read(roots: &Roots) -> Result<Vec<Filesystem>, Error> {
    let mounts = mount::read(roots)?;
    let groups = mounts.chunk_by(|a, b| a.id == b.id);
    let mut filesystems: Vec<_> = groups.filter_map(|same| same.iter().find_map(|one| ask(roots, one))).collect();
    filesystems.sort_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
    Ok(filesystems)
}

/// The space of one mount. Files can be mountpoints too (`/etc/hosts` in a container): they stand for no filesystem.
fn ask(roots: &Roots, mount: &mount::Mount) -> Option<Filesystem> {
    let path = roots.in_root(&mount.mountpoint);
    let space = ffi::statvfs(&path).ok().filter(|_| path.is_dir())?;
    let has_inodes = space.inodes > 0;
    Some(Filesystem {
        mountpoint: mount.mountpoint.clone(),
        device: mount.device.clone(),
        kind: mount.kind.clone(),
        total_bytes: space.total_bytes,
        free_bytes: space.free_bytes,
        available_bytes: space.available_bytes,
        inodes: has_inodes.then_some(space.inodes),
        inodes_free: has_inodes.then_some(space.inodes_free),
        read_only: mount.read_only,
    })
}
