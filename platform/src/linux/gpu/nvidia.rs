//! NVIDIA: when its library is loaded, and what is asked of it.

use std::{
    ffi::{CStr, CString},
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    super::text,
    LIMIT, LOOK_EVERY, empty,
    nvml::{Device, Nvml},
};
use crate::{
    linux::{
        Error, Roots,
        rows::{Rows, set, set_optional},
    },
    model::Gpu,
};

/// The name under which the driver installs its library.
const LIBRARY: &CStr = c"libnvidia-ml.so.1";

/// What the driver shows once the kernel has loaded it, in every container too.
const VERSION: &str = "driver/nvidia/version";

/// The GPUs that the library shows.
pub(super) struct Nvidia {
    /// Of the host that is read, and of the kernel we run on.
    versions: [PathBuf; 2],
    /// Where the kernel lists the GPUs of the driver.
    bus: PathBuf,
    library: CString,
    nvml: Option<Nvml>,
    driver: String,
    known: Vec<Known>,
    /// What went wrong at the last look.
    faults: Vec<String>,
    looked: Option<Instant>,
}

struct Known {
    device: Device,
    gpu: String,
    name: Option<String>,
}

impl Nvidia {
    pub(super) fn new(roots: &Roots) -> Self {
        Self::with(roots, Path::new("/proc"), LIBRARY.to_owned())
    }

    /// With another library, and another kernel to run on.
    fn with(roots: &Roots, own_proc: &Path, library: CString) -> Self {
        Self {
            versions: [roots.in_proc(VERSION), own_proc.join(VERSION)],
            bus: roots.in_sys("bus/pci/drivers/nvidia"),
            library,
            nvml: None,
            driver: String::new(),
            known: Vec::new(),
            faults: Vec::new(),
            looked: None,
        }
    }

    /// Adds a row for each GPU. Whether the driver is there.
    pub(super) fn read(&mut self, rows: &mut Rows<'_, Gpu>, odd: &mut Vec<Error>) -> bool {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.faults.clear();
            self.known.clear();
            if let Err(fault) = self.look() {
                self.faults.push(fault);
            }
        }
        odd.extend(self.faults.iter().map(|fault| Error::Nvidia { found: fault.clone() }));
        let Some(nvml) = &self.nvml else { return !self.faults.is_empty() };
        for known in &self.known {
            let row = rows.next();
            empty(row);
            set(&mut row.gpu, &known.gpu);
            set_optional(&mut row.name, known.name.as_deref());
            set_optional(&mut row.vendor, Some("nvidia"));
            set_optional(&mut row.driver, Some(&self.driver));
            if let Err(found) = nvml.read(known.device, row) {
                rows.drop_last();
                odd.push(Error::Nvidia { found: format!("{}: {found}", known.gpu) });
            }
        }
        true
    }

    /// Looks for GPUs. The library is loaded where there is its driver, and not before: it takes some megabytes.
    fn look(&mut self) -> Result<(), String> {
        let [read, own] = &self.versions;
        // A copied tree or another host's: our own library would show our own GPUs as that host's.
        if text::read_value(read.clone()).is_none_or(|version| text::read_value(own.clone()) != Some(version)) {
            return Ok(());
        }
        if self.nvml.is_none() {
            if self.has_sleeper() {
                return Ok(());
            }
            self.nvml = Nvml::load(&self.library)?;
        }
        let Some(nvml) = &self.nvml else { return Ok(()) };
        self.driver = nvml.version().map_or_else(|| "nvidia".to_owned(), |version| format!("nvidia {version}"));
        for index in 0..nvml.count()?.min(LIMIT as u32) {
            match nvml.device(index) {
                Ok((device, gpu)) => self.known.push(Known { device, gpu, name: nvml.name(device) }),
                Err(fault) => self.faults.push(fault),
            }
        }
        Ok(())
    }

    /// Whether a GPU is switched off to save power: the library would wake it up, and keep it awake.
    fn has_sleeper(&self) -> bool {
        let devices = text::list(&self.bus);
        let statuses = devices.iter().map(|device| self.bus.join(device).join("power/runtime_status"));
        statuses.filter_map(text::read_value).any(|status| status == "suspended")
    }
}

#[cfg(test)]
#[cfg(target_env = "gnu")]
mod tests;
