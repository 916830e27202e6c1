//! The kernel's own stocks.

use super::*;
use crate::model::Kernel;

pub(super) const HOST: &[Metric<Sample>] = &[
    integer("kernel.open_files", Gauge, Count, "open files", |s| kernel(s, |k| k.open_files)),
    integer("kernel.open_files_limit", Gauge, Count, "the most files that can be open", |s| {
        kernel(s, |k| k.open_files_limit)
    }),
    integer("kernel.entropy_available_bits", Gauge, Bits, "randomness at hand", |s| {
        kernel(s, |k| k.entropy_available_bits)
    }),
    integer("kernel.entropy_limit_bits", Gauge, Bits, "the most randomness that is kept", |s| {
        kernel(s, |k| k.entropy_limit_bits)
    }),
    integer("kernel.tasks_limit", Gauge, Count, "the most tasks there can be", |s| kernel(s, |k| k.tasks_limit)),
    integer("kernel.task_numbers_limit", Gauge, Count, "the largest number of a task", |s| {
        kernel(s, |k| k.task_numbers_limit)
    }),
];

fn kernel(sample: &Sample, read: fn(&Kernel) -> Option<u64>) -> Option<u64> {
    sample.kernel.as_ref().and_then(read)
}
