//! Filesystems.

use siskin_platform::model::{Filesystem, SilentFilesystem};

use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Head, Writer};

/// `device="/dev/sda1",fstype="ext4",mountpoint="/"`.
pub fn labels(filesystem: &Filesystem, labels: &mut Labels) -> bool {
    names(labels, &filesystem.device, &filesystem.kind, &filesystem.mountpoint);
    true
}

fn names(labels: &mut Labels, device: &str, kind: &str, mountpoint: &str) {
    labels.add("device", device);
    labels.add("fstype", kind);
    labels.add("mountpoint", mountpoint);
}

/// A metric of a filesystem.
pub fn place(metric: &str) -> Place {
    match metric {
        "device" | "kind" => Place::Told(&["node_filesystem_size_bytes"]),
        "read_only" => node("node_filesystem_readonly"),
        "total_bytes" => node("node_filesystem_size_bytes"),
        "free_bytes" => node("node_filesystem_free_bytes"),
        "available_bytes" => node("node_filesystem_avail_bytes"),
        "inodes" => node("node_filesystem_files"),
        "inodes_free" => node("node_filesystem_files_free"),
        _ => Place::Own,
    }
}

/// Which of them could not be asked. One that is among the others too, from a reading before, is told of once.
pub fn errors(writer: &mut Writer, filesystems: &[Filesystem], silent: &[SilentFilesystem]) {
    let head = Head::gauge("node_filesystem_device_error", "whether the filesystem could not be asked for its space");
    let mut text = Labels::default();
    for filesystem in filesystems {
        text.clear();
        labels(filesystem, &mut text);
        writer.line(head, text.text(), None, false);
    }
    let is_listed = |one: &&SilentFilesystem| filesystems.iter().any(|other| other.mountpoint == one.mountpoint);
    for SilentFilesystem { mountpoint, device, kind } in silent.iter().filter(|one| !is_listed(one)) {
        text.clear();
        names(&mut text, device, kind, mountpoint);
        writer.line(head, text.text(), None, true);
    }
}
