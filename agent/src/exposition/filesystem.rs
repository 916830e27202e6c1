//! Filesystems.

use siskin_platform::model::Filesystem;

use super::labels::Labels;
use super::place::{Place, node};
use super::writer::{Head, Writer};

/// `device="/dev/sda1",fstype="ext4",mountpoint="/"`.
pub fn labels(filesystem: &Filesystem, labels: &mut Labels) -> bool {
    labels.add("device", &filesystem.device);
    labels.add("fstype", &filesystem.kind);
    labels.add("mountpoint", &filesystem.mountpoint);
    true
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

/// Which of them could not be asked: none of those that are listed.
pub fn errors(writer: &mut Writer, filesystems: &[Filesystem]) {
    let head = Head::gauge("node_filesystem_device_error", "whether the filesystem could not be asked for its space");
    let mut text = Labels::default();
    for filesystem in filesystems {
        text.clear();
        labels(filesystem, &mut text);
        writer.line(head, text.text(), None, false);
    }
}
