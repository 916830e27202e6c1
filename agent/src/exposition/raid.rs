//! Software RAID.

use siskin_platform::model::Raid;

use super::labels::Labels;
use super::place::{Place, Scale, node};
use super::writer::{Head, Writer};

/// The kernel counts in blocks of this size.
const BLOCK_BYTES: u64 = 1024;

const DISKS: &str = "disks of an array by their state";

/// States as node_exporter calls them, and the kernel's word for what goes on in each. The last one is only ours.
const STATES: [(&str, Option<&str>); 5] = [
    ("active", None),
    ("recovering", Some("recovery")),
    ("resync", Some("resync")),
    ("check", Some("check")),
    ("reshape", Some("reshape")),
];

/// `device="md0"`.
pub fn labels(raid: &Raid, labels: &mut Labels) -> bool {
    labels.add("device", &raid.device);
    true
}

/// A metric of an array.
pub fn place(metric: &str) -> Place {
    let disks = |state| node("node_md_disks").label("state", state).help(DISKS);
    match metric {
        "active" | "action" => Place::Told(&["node_md_state"]),
        "size_bytes" => node("node_md_blocks").scale(Scale::Per(BLOCK_BYTES)).help("size of an array, KiB"),
        "disks_wanted" => node("node_md_disks_required"),
        "disks_working" => disks("active"),
        "disks_failed" => disks("failed"),
        "disks_spare" => disks("spare"),
        _ => Place::Own,
    }
}

/// The state of each array: 1 for the one it is in. One that repairs or checks itself is not `active`.
pub fn states(writer: &mut Writer, raids: &[Raid]) {
    let head = Head::gauge("node_md_state", "whether an array is in this state");
    let mut text = Labels::default();
    for raid in raids {
        text.clear();
        labels(raid, &mut text);
        writer.line(head, text.text(), Some(("state", "inactive")), !raid.active);
        for (state, action) in STATES {
            writer.line(head, text.text(), Some(("state", state)), raid.active && raid.action.as_deref() == action);
        }
    }
}
