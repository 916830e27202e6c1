//! Space and inodes of the mounted local filesystems: `statvfs` on what `mount` finds worth a look.

use super::{
    Error, Roots,
    ffi::Space,
    mount,
    space::{Asking, Spaces},
};
use crate::model::Filesystem;

/// Each local filesystem once, by mountpoint, and the one that holds the disk path, whatever it is unless it is on the
/// network. One that cannot be asked is left out; the errors are of those that do not answer or must not be asked.
pub(super) fn read(roots: &Roots, disk_path: &str, spaces: &Spaces) -> Result<(Vec<Filesystem>, Vec<Error>), Error> {
    let text = mount::text(roots)?;
    let mounts = mount::parse(&text)?;
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
    let is_listed = |mountpoint: &str| filesystems.iter().any(|one: &Filesystem| one.mountpoint == mountpoint);
    if let Some(holding) = holding(&text, disk_path).filter(|holding| !is_listed(&holding.mountpoint)) {
        match ask_holding(roots, &holding, &mut asking) {
            Ok(space) => filesystems.extend(space.map(|space| filesystem(&holding, space))),
            Err(error) if errors.iter().any(|told: &Error| told.to_string() == error.to_string()) => {}
            Err(error) => errors.push(error),
        }
    }
    filesystems.sort_by(|a, b| a.mountpoint.cmp(&b.mountpoint));
    Ok((filesystems, errors))
}

/// The mountpoint of the filesystem that holds the disk path; the path itself where the mounts cannot be read.
pub(super) fn disk_mountpoint(roots: &Roots, disk_path: &str) -> String {
    let holding = mount::text(roots).ok().and_then(|text| holding(&text, disk_path));
    holding.map_or_else(|| disk_path.to_owned(), |holding| holding.mountpoint)
}

/// `/` is listed in any case, and where it cannot be, nothing can stand for it.
fn holding(text: &str, disk_path: &str) -> Option<mount::Mount> {
    if disk_path == "/" { None } else { mount::holding(text, disk_path) }
}

fn ask_holding(roots: &Roots, holding: &mount::Mount, asking: &mut Asking) -> Result<Option<Space>, Error> {
    if mount::is_network(&holding.kind) {
        let (mountpoint, kind) = (holding.mountpoint.clone(), holding.kind.clone());
        return Err(Error::Network { mountpoint, kind });
    }
    asking.ask(&roots.in_root(&holding.mountpoint))
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
