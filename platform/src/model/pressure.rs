//! Pressure: time in which work stood still for want of a resource.

use serde::{Deserialize, Serialize};

/// Stalls by resource. Linux 4.20 and later: `/proc/pressure`, where pressure is built in and not switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// Waiting for a processor (`cpu`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Stalls>,
    /// Waiting for memory: swapping, reclaiming, reading back what was dropped (`memory`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Stalls>,
    /// Waiting for block devices (`io`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io: Option<Stalls>,
    /// Waiting for interrupts to be serviced (`irq`, Linux 6.1 and later); there is no `some`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub irq: Option<Stalls>,
}

/// Stalls for one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stalls {
    /// At least one task stood still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub some: Option<Stall>,
    /// All tasks stood still at once. For `cpu` it is there since Linux 5.13, and always zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Stall>,
}

/// How much time was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// The share of time lost, averaged over ten seconds: 0 to 1 (`avg10`, percent).
    pub avg10_ratio: f64,
    /// Seconds lost since boot. Counter (`total`, microseconds).
    pub stalled_seconds_total: f64,
}
