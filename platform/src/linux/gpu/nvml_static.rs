//! In place of `nvml.rs` where nothing can be loaded into the program, because it is linked as a whole: a library says so.

use std::ffi::CStr;

use crate::model::Gpu;

/// There is none.
pub(super) enum Nvml {}

/// There is none.
#[derive(Clone, Copy)]
pub(super) enum Device {}

impl Nvml {
    /// Fails.
    pub(super) fn load(_library: &CStr) -> Result<Option<Self>, String> {
        Err("this build of the agent is static and cannot load NVIDIA's library: install the one for glibc".to_owned())
    }

    pub(super) fn count(&self) -> Result<u32, String> {
        match *self {}
    }

    pub(super) fn device(&self, _index: u32) -> Result<(Device, String), String> {
        match *self {}
    }

    pub(super) fn name(&self, _device: Device) -> Option<String> {
        match *self {}
    }

    pub(super) fn version(&self) -> Option<String> {
        match *self {}
    }

    pub(super) fn read(&self, _device: Device, _row: &mut Gpu) -> Result<(), String> {
        match *self {}
    }
}
