//! Graphics processors: AMD's and Intel's by the kernel's files, NVIDIA's by its own library. No tool is started.

mod drm;
mod nvidia;
#[cfg_attr(target_env = "gnu", path = "nvml.rs")]
#[cfg_attr(not(target_env = "gnu"), path = "nvml_static.rs")]
mod nvml;

use std::{mem::take, time::Duration};

use super::{
    Error, Roots,
    collector::{Collector, Found},
    rows::Rows,
};
use crate::model::{Gpu, Sample};
use drm::Drm;
pub use drm::{parse_errors, parse_level};
use nvidia::Nvidia;

/// Devices are looked for this often: a card behind Thunderbolt comes and goes.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The most that are listed. The largest machines have 64 parts of 8 cards.
const LIMIT: usize = 256;

/// All graphics processors.
pub(super) struct Gpus {
    drm: Drm,
    nvidia: Nvidia,
}

impl Gpus {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { drm: Drm::new(roots), nvidia: Nvidia::new(roots) }
    }
}

impl Collector for Gpus {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, odd: &mut Vec<Error>) -> Result<Found, Error> {
        let mut rows = Rows::over(&mut sample.gpus);
        let by_files = self.drm.read(&mut rows, text, odd);
        let by_library = self.nvidia.read(&mut rows, odd);
        Ok(if by_files || by_library { Found::Source } else { Found::Nothing })
    }
}

/// Empties a row but for its texts, which the next one is likely to have too.
fn empty(row: &mut Gpu) {
    *row = Gpu {
        gpu: take(&mut row.gpu),
        name: row.name.take(),
        vendor: row.vendor.take(),
        driver: row.driver.take(),
        ..Gpu::default()
    };
}
