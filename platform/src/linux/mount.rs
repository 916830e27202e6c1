//! Which mounts are worth a look: `/proc/self/mountinfo`, or the first process's when another `/proc` is read.

use std::path::Path;

use procfs::process::MountInfo;

use super::{Error, Roots, error::note, text};

const FILE: &str = "/proc/self/mountinfo";

/// What the kernel itself answers for, at once, whatever happens to disks and networks.
const PROMPT: [&str; 22] = [
    "bcachefs", "btrfs", "devtmpfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfsplus", "jffs2", "jfs", "nilfs2",
    "ntfs3", "overlay", "ramfs", "reiserfs", "rootfs", "tmpfs", "ubifs", "vfat", "xfs", "zfs",
];

/// Filesystems that live on storage of this machine although they have no block device of their own.
const LOCAL_WITHOUT_DEVICE: [&str; 4] = ["bcachefs", "btrfs", "ubifs", "zfs"];

/// Images that are full by nature: snaps, firmware, live systems, CDs.
const IMAGES: [&str; 5] = ["cramfs", "erofs", "iso9660", "romfs", "squashfs"];

/// Filesystems that another machine serves. One that is missing here is asked all the same, within the limit of time.
const NETWORK: [&str; 21] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.ceph",
    "fuse.davfs",
    "fuse.glusterfs",
    "fuse.juicefs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "gfs2",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "orangefs",
    "smb3",
    "smbfs",
];

/// One mount of a local filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `major:minor`, the same for all mounts of one filesystem.
    pub id: String,
    /// Where it is mounted.
    pub mountpoint: String,
    /// The device or source it comes from.
    pub device: String,
    /// Its type.
    pub kind: String,
    /// Whether it is mounted read-only.
    pub read_only: bool,
    /// Whether it can be asked for its space without a limit of time: neither it nor anything on the way to it waits for
    /// another machine or another process.
    pub is_prompt: bool,
}

/// The mounts as the host sees them.
pub(super) fn text(roots: &Roots) -> Result<String, Error> {
    text::read(roots.in_process("mountinfo"))
}

/// The text of a `mountinfo` file. The mounts of one filesystem stand together, the shortest mountpoint first; `/` is
/// always among them, everything else only if it is local and no image, or on the network and asked for. What lies hidden
/// under another mount never is: its path leads to that one. The error is of the first line that is odd.
pub fn parse(text: &str, with_network: bool) -> (Vec<Mount>, Option<Error>) {
    let (all, odd) = infos(text);
    let is_listed = |one: &MountInfo| {
        one.mount_point == Path::new("/") || is_local(one) || (with_network && is_network(&one.fs_type))
    };
    let candidates = all.iter().filter(|one| is_listed(one) && !is_hidden(one, &all));
    let mut mounts: Vec<Mount> = candidates.map(|one| mount(one, &all)).collect();
    mounts.sort_by(|a, b| (&a.id, a.mountpoint.len(), &a.mountpoint).cmp(&(&b.id, b.mountpoint.len(), &b.mountpoint)));
    (mounts, odd)
}

fn infos(text: &str) -> (Vec<MountInfo>, Option<Error>) {
    let mut odd = Vec::new();
    let info = |line| {
        let info = MountInfo::from_line(line).ok();
        if info.is_none() {
            note(&mut odd, FILE, line);
        }
        info
    };
    (text.lines().filter_map(info).collect(), odd.pop())
}

/// The mount that holds an absolute path without links, of whatever type: the one mounted deepest on the way to it.
pub fn holding(text: &str, path: &str) -> Option<Mount> {
    let (all, _) = infos(text);
    let holds = |one: &&MountInfo| Path::new(path).starts_with(unescape(&one.mount_point.to_string_lossy()));
    let holding = all.iter().filter(holds).filter(|one| !is_hidden(one, &all));
    holding.map(|one| mount(one, &all)).max_by_key(|one| one.mountpoint.len())
}

/// Whether filesystems of this type are another machine's.
pub(super) fn is_network(kind: &str) -> bool {
    NETWORK.contains(&kind)
}

fn mount(info: &MountInfo, all: &[MountInfo]) -> Mount {
    let is_on_the_way = |one: &&MountInfo| info.mount_point.starts_with(&one.mount_point);
    let has = |option| info.mount_options.contains_key(option) || info.super_options.contains_key(option);
    Mount {
        id: info.majmin.clone(),
        mountpoint: unescape(&info.mount_point.to_string_lossy()),
        device: unescape(info.mount_source.as_deref().unwrap_or("none")),
        kind: info.fs_type.clone(),
        read_only: has("ro"),
        is_prompt: all.iter().filter(is_on_the_way).all(is_prompt),
    }
}

/// What can be written to an overlay is on this machine; one that cannot may lie on any other filesystem.
fn is_prompt(info: &MountInfo) -> bool {
    let kind = info.fs_type.as_str();
    PROMPT.contains(&kind) && (kind != "overlay" || info.super_options.contains_key("upperdir"))
}

/// A filesystem on a block device has that device's numbers. What has none, the kernel's own and the network's, has
/// major number 0.
fn is_local(info: &MountInfo) -> bool {
    let kind = info.fs_type.as_str();
    let on_block_device = !info.majmin.starts_with("0:");
    (on_block_device && !IMAGES.contains(&kind)) || LOCAL_WITHOUT_DEVICE.contains(&kind)
}

/// Whether the path of a mount leads to another one: something was mounted on top of it, or over a directory above it,
/// or the mount that it stands on is itself hidden.
fn is_hidden(info: &MountInfo, all: &[MountInfo]) -> bool {
    let (mut one, mut way) = (info, info.mnt_id);
    // Nothing stands on more mounts than there are.
    for _ in 0..all.len() {
        let covers = |other: &MountInfo| {
            let is_same_place = other.mount_point == one.mount_point;
            let on_top = other.pid == one.mnt_id && is_same_place;
            let above = other.pid == one.pid && one.mount_point.starts_with(&other.mount_point) && !is_same_place;
            on_top || above
        };
        if all.iter().any(|other| other.mnt_id != one.mnt_id && other.mnt_id != way && covers(other)) {
            return true;
        }
        match all.iter().find(|parent| parent.mnt_id == one.pid && parent.mnt_id != one.mnt_id) {
            Some(parent) => (one, way) = (parent, one.mnt_id),
            None => return false,
        }
    }
    false
}

/// The kernel writes space, tab, newline, backslash and hash in names as a backslash and three octal digits.
fn unescape(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[3..]);
            }
            None => {
                bytes.push(b'\\');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mountpoints(text: &str) -> Vec<String> {
        parse(text, false).0.into_iter().map(|mount| mount.mountpoint).collect()
    }

    #[test]
    fn fields_of_a_mount() {
        let text =
            r"36 35 8:2 /a /srv/my\040files\011\134 rw,noatime shared:1 master:2 - ext4 /dev/disk\040two ro,errors=x";
        let expected = Mount {
            id: "8:2".into(),
            mountpoint: "/srv/my files\t\\".into(),
            device: "/dev/disk two".into(),
            kind: "ext4".into(),
            read_only: true,
            is_prompt: true,
        };
        assert_eq!(parse(text, false).0, [expected]);
    }

    #[test]
    fn only_local_storage_and_the_root_are_listed() {
        let text = "1 0 0:30 / / rw - overlay overlay rw\n2 1 0:5 / /proc rw - proc proc rw\n\
            3 1 8:1 / /home rw - ext4 /dev/sda1 rw\n4 1 0:40 / /pool rw - zfs pool rw\n\
            5 1 0:41 / /b rw - btrfs /dev/sdb rw\n6 1 0:50 / /nfs rw - nfs4 server:/x rw\n\
            7 1 0:51 / /ssh rw - fuse.sshfs me@x: rw\n8 1 0:52 / /smb rw - cifs //x/y rw\n\
            9 1 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro\n10 1 0:53 / /tmp rw - tmpfs tmpfs rw\n\
            11 1 8:17 / /usb rw - fuseblk /dev/sdb1 rw\n12 1 0:54 / /9 rw - 9p host rw\n";
        assert_eq!(mountpoints(text), ["/", "/pool", "/b", "/home", "/usb"]);
    }

    #[test]
    fn mounts_of_one_filesystem_stand_together_the_shortest_first() {
        let text = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 4 8:2 /x /srv/long rw - xfs /dev/sda2 rw\n\
            3 1 8:1 /var/a /a rw - ext4 /dev/sda1 rw\n4 1 8:2 / /srv rw - xfs /dev/sda2 rw\n";
        assert_eq!(mountpoints(text), ["/", "/a", "/srv", "/srv/long"]);
    }

    #[test]
    fn what_lies_under_another_mount_is_not_reachable() {
        // The first root of an old kernel, a disk under a network mount, and one on a directory that was mounted over.
        let text = "1 1 0:1 / / rw - rootfs rootfs rw\n2 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            3 2 8:2 / /data rw - ext4 /dev/sda2 rw\n4 3 0:9 / /data rw - nfs server:/x rw\n\
            5 2 8:3 / /mnt/disk rw - ext4 /dev/sda3 rw\n6 5 8:4 / /mnt/disk/sub rw - ext4 /dev/sda4 rw\n\
            7 2 0:10 / /mnt rw - nfs server:/y rw\n8 2 8:5 / /mntx rw - ext4 /dev/sda5 rw\n";
        let mounts = parse(text, false).0;
        let found: Vec<_> = mounts.iter().map(|mount| (mount.mountpoint.as_str(), mount.kind.as_str())).collect();
        assert_eq!(found, [("/", "ext4"), ("/mntx", "ext4")]);
    }

    #[test]
    fn mounts_that_stand_on_each_other_end() {
        assert_eq!(mountpoints("1 2 8:1 / /a rw - ext4 a rw\n2 1 8:2 / /b rw - ext4 b rw\n"), ["/a", "/b"]);
    }

    #[test]
    fn a_path_is_held_by_the_deepest_mount_on_its_way_that_can_be_reached() {
        let text = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /dev rw - devtmpfs udev rw\n\
            3 2 0:10 / /dev/shm rw - tmpfs tmpfs rw\n4 1 8:2 / /data\\040set rw - ext4 /dev/sda2 rw\n\
            5 1 8:3 / /over rw - ext4 /dev/sda3 rw\n6 5 0:11 / /over rw - nfs server:/x rw\n";
        for (path, mountpoint, kind) in [
            ("/dev/shm", "/dev/shm", "tmpfs"),
            ("/dev/shm/a/b", "/dev/shm", "tmpfs"),
            ("/dev/shmx", "/dev", "devtmpfs"),
            ("/data set/a", "/data set", "ext4"),
            ("/data", "/", "ext4"),
            ("/over/a", "/over", "nfs"),
        ] {
            let found = holding(text, path).unwrap();
            assert_eq!((found.mountpoint.as_str(), found.kind.as_str()), (mountpoint, kind), "{path}");
        }
        assert_eq!(holding("", "/"), None);
        assert!(is_network("nfs") && !is_network("tmpfs"));
    }

    #[test]
    fn odd_escapes_are_left_as_they_are() {
        assert_eq!(unescape(r"a\04"), r"a\04");
        assert_eq!(unescape(r"a\999\"), r"a\999\");
        assert_eq!(unescape(r"\303\244"), "ä");
    }

    #[test]
    fn an_odd_line_is_named_and_hides_no_other() {
        let (mounts, odd) = parse("36 35 8:2 / /a rw\n1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", false);
        assert_eq!(mounts.len(), 1);
        assert_eq!(odd.unwrap().to_string(), "malformed /proc/self/mountinfo: `36 35 8:2 / /a rw`");
    }

    #[test]
    fn network_filesystems_are_listed_when_asked_for_and_answer_within_a_limit_of_time() {
        let text = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:50 / /nas rw - nfs4 server:/x rw\n\
            3 2 8:2 / /nas/disk rw - xfs /dev/sdb rw\n4 1 8:17 / /usb rw - fuseblk /dev/sdc1 rw\n";
        let found = |with_network| {
            let mounts = parse(text, with_network).0;
            mounts.into_iter().map(|mount| (mount.mountpoint, mount.is_prompt)).collect::<Vec<_>>()
        };
        let listed = |mountpoint: &str, is_prompt| (mountpoint.to_owned(), is_prompt);
        let local = [listed("/", true), listed("/usb", false), listed("/nas/disk", false)];
        assert_eq!(found(false), local);
        assert_eq!(found(true)[0], listed("/nas", false));
        assert_eq!(found(true)[1..], local);
    }

    #[test]
    fn an_overlay_that_cannot_be_written_to_may_lie_on_anything() {
        let prompt = |options: &str| {
            let text = format!("1 0 0:30 / / rw - overlay overlay {options}\n");
            parse(&text, false).0[0].is_prompt
        };
        assert!(prompt("rw,lowerdir=/a:/b,upperdir=/c,workdir=/d") && !prompt("ro,lowerdir=/nas/a:/nas/b"));
    }
}
