//! Space and inodes of the mounted local filesystems: `statvfs` on what `mount` finds worth a look.

use super::{Error, Roots, ffi::Space, mount, space::Spaces};
use crate::model::Filesystem;

/// Each local filesystem once, by mountpoint. One that cannot be asked is left out; the errors are of those that do
/// not answer.
pub(super) fn read(roots: &Roots, spaces: &Spaces) -> Result<(Vec<Filesystem>, Vec<Error>), Error> {
    let mounts = mount::read(roots)?;
    let (mut filesystems, mut errors) = (Vec::new(), Vec::new());
    let mut asking = spaces.begin();
    for same in mounts.chunk_by(|a, b| a.id == b.id) {
        let answer = same.iter().find_map(|one| {
            let answer = asking.ask(&roots.in_root(&one.mountpoint)).transpose()?;
            Some(answer.map(|space| filesystem(one, space)))
        });
        match answer {
            Some(Ok(filesystem)) => filesystems.push(filesystem),
            Some(Err(error)) => errors.push(error),
            None => {}
        }
    }
    filesystems.sort_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
    Ok((filesystems, errors))
}

fn filesystem(mount: &mount::Mount, space: Space) -> Filesystem {
    let has_inodes = space.inodes > 0;
    Filesystem {
        mountpoint: mount.mountpoint.clone(),
        device: mount.device.clone(),
        kind: mount.kind.clone(),
        total_bytes: space.total_bytes,
        free_bytes: space.free_bytes,
        available_bytes: space.available_bytes,
        inodes: has_inodes.then_some(space.inodes),
        inodes_free: has_inodes.then_some(space.inodes_free),
        read_only: mount.read_only,
    }
}
