//! The calls of NVIDIA's management library (`nvml.h`), which its driver brings along. All `unsafe` of it is here.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_ulonglong, c_void},
    mem,
    ptr::NonNull,
};

use crate::model::Gpu;

/// What every call returns: 0 if it did what it should.
type Code = c_int;
type Handle = *mut c_void;

const DRIVER_NOT_LOADED: Code = 9;
const GPU_IS_LOST: Code = 15;
const RESET_REQUIRED: Code = 16;

/// `NVML_TEMPERATURE_GPU`.
const CHIP: c_uint = 0;
/// `NVML_CLOCK_GRAPHICS`.
const GRAPHICS: c_uint = 0;
/// `NVML_CLOCK_MEM`.
const MEMORY: c_uint = 2;
/// `NVML_MEMORY_ERROR_TYPE_CORRECTED` and `_UNCORRECTED`.
const CORRECTED: c_uint = 0;
const UNCORRECTED: c_uint = 1;
/// `NVML_VOLATILE_ECC`: since the driver was loaded.
const SINCE_LOADED: c_uint = 0;
/// The bits of `nvmlClocksThrottleReasons` that stand for a limit of power (4, 0x80), for heat (0x20, 0x40), or for one
/// of the two (8). The others are idleness and what people have set.
const LIMITED: c_ulonglong = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;

/// Longer than any text it gives: the longest buffer that `nvml.h` names has 96.
const TEXT_BYTES: usize = 128;

#[repr(C)]
#[derive(Default)]
struct Memory {
    total: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

#[repr(C)]
#[derive(Default)]
struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

type Init = unsafe extern "C" fn() -> Code;
type GetCount = unsafe extern "C" fn(*mut c_uint) -> Code;
type GetHandle = unsafe extern "C" fn(c_uint, *mut Handle) -> Code;
type GetVersion = unsafe extern "C" fn(*mut c_char, c_uint) -> Code;
type GetText = unsafe extern "C" fn(Handle, *mut c_char, c_uint) -> Code;
type GetNumber = unsafe extern "C" fn(Handle, *mut c_uint) -> Code;
type GetLong = unsafe extern "C" fn(Handle, *mut c_ulonglong) -> Code;
type GetOf = unsafe extern "C" fn(Handle, c_uint, *mut c_uint) -> Code;
type GetMemory = unsafe extern "C" fn(Handle, *mut Memory) -> Code;
type GetUtilization = unsafe extern "C" fn(Handle, *mut Utilization) -> Code;
type GetVideo = unsafe extern "C" fn(Handle, *mut c_uint, *mut c_uint) -> Code;
type GetErrors = unsafe extern "C" fn(Handle, c_uint, c_uint, *mut c_ulonglong) -> Code;

/// The library, ready. What an older one lacks is none. It stays loaded until the process ends.
pub(super) struct Nvml {
    count: GetCount,
    handle: GetHandle,
    version: Option<GetVersion>,
    uuid: GetText,
    name: Option<GetText>,
    utilization: Option<GetUtilization>,
    memory: Option<GetMemory>,
    temperature: Option<GetOf>,
    clock: Option<GetOf>,
    power: Option<GetNumber>,
    energy: Option<GetLong>,
    fan: Option<GetNumber>,
    encoder: Option<GetVideo>,
    decoder: Option<GetVideo>,
    reasons: Option<GetLong>,
    errors: Option<GetErrors>,
    replays: Option<GetNumber>,
}

/// A GPU.
#[derive(Clone, Copy)]
pub(super) struct Device(Handle);

// SAFETY: the library may be called from any thread, and what the handle points to is never looked at here.
unsafe impl Send for Device {}

impl Nvml {
    /// Loads the library and starts it. `None` if there is no driver for it. The error says what went wrong.
    pub(super) fn load(library: &CStr) -> Result<Option<Self>, String> {
        // SAFETY: the name is a NUL-terminated string. Loading runs the library's own initializers, which are trusted:
        // it is the driver's, from where the system keeps its libraries.
        let loaded = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        let loaded = NonNull::new(loaded).ok_or_else(load_error)?;
        // SAFETY: each name belongs to the type of its field, by the prototypes of `nvml.h`.
        unsafe {
            let needed = |name: &str| format!("{} has no {name}", library.to_string_lossy());
            let init: Init = find(loaded, c"nvmlInit_v2").ok_or_else(|| needed("nvmlInit_v2"))?;
            let nvml = Self {
                count: find(loaded, c"nvmlDeviceGetCount_v2").ok_or_else(|| needed("nvmlDeviceGetCount_v2"))?,
                handle: find(loaded, c"nvmlDeviceGetHandleByIndex_v2")
                    .ok_or_else(|| needed("nvmlDeviceGetHandleByIndex_v2"))?,
                uuid: find(loaded, c"nvmlDeviceGetUUID").ok_or_else(|| needed("nvmlDeviceGetUUID"))?,
                version: find(loaded, c"nvmlSystemGetDriverVersion"),
                name: find(loaded, c"nvmlDeviceGetName"),
                utilization: find(loaded, c"nvmlDeviceGetUtilizationRates"),
                memory: find(loaded, c"nvmlDeviceGetMemoryInfo"),
                temperature: find(loaded, c"nvmlDeviceGetTemperature"),
                clock: find(loaded, c"nvmlDeviceGetClockInfo"),
                power: find(loaded, c"nvmlDeviceGetPowerUsage"),
                energy: find(loaded, c"nvmlDeviceGetTotalEnergyConsumption"),
                fan: find(loaded, c"nvmlDeviceGetFanSpeed"),
                encoder: find(loaded, c"nvmlDeviceGetEncoderUtilization"),
                decoder: find(loaded, c"nvmlDeviceGetDecoderUtilization"),
                reasons: find(loaded, c"nvmlDeviceGetCurrentClocksThrottleReasons"),
                errors: find(loaded, c"nvmlDeviceGetTotalEccErrors"),
                replays: find(loaded, c"nvmlDeviceGetPcieReplayCounter"),
            };
            match init() {
                0 => Ok(Some(nvml)),
                DRIVER_NOT_LOADED => Ok(None),
                code => Err(format!("nvmlInit: {}", words(code))),
            }
        }
    }

    /// How many GPUs there are.
    pub(super) fn count(&self) -> Result<u32, String> {
        let mut count = 0;
        // SAFETY: the library is started, and the call writes one number.
        match unsafe { (self.count)(&mut count) } {
            0 => Ok(count),
            code => Err(format!("nvmlDeviceGetCount: {}", words(code))),
        }
    }

    /// The GPU of this number, and what it is called for ever.
    pub(super) fn device(&self, index: u32) -> Result<(Device, String), String> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: the library is started, and the call writes one pointer.
        let code = unsafe { (self.handle)(index, &mut handle) };
        if code != 0 {
            return Err(format!("GPU {index}: {}", words(code)));
        }
        let uuid = text_of(|text, length| {
            // SAFETY: the handle is the library's own, and `text` has `length` bytes.
            unsafe { (self.uuid)(handle, text, length) }
        });
        uuid.map(|uuid| (Device(handle), uuid)).ok_or_else(|| format!("GPU {index}: it does not say what it is called"))
    }

    /// The name of its model.
    pub(super) fn name(&self, device: Device) -> Option<String> {
        let name = self.name?;
        text_of(|text, length| {
            // SAFETY: the handle is the library's own, and `text` has `length` bytes.
            unsafe { name(device.0, text, length) }
        })
    }

    /// The driver's version.
    pub(super) fn version(&self) -> Option<String> {
        let version = self.version?;
        text_of(|text, length| {
            // SAFETY: `text` has `length` bytes.
            unsafe { version(text, length) }
        })
    }

    /// Writes what the GPU tells; what it does not is left as it is. Fails when it can no longer be reached.
    pub(super) fn read(&self, Device(gpu): Device, row: &mut Gpu) -> Result<(), String> {
        // SAFETY, for all calls: the handle is the library's own, and each call writes what its type says, to places
        // that live until it returns.
        if let Some(get) = self.utilization {
            let mut share = Utilization::default();
            // SAFETY: as above.
            if done(unsafe { get(gpu, &mut share) })? {
                row.utilization_ratio = Some(f64::from(share.gpu) / 100.0);
                row.memory_busy_ratio = Some(f64::from(share.memory) / 100.0);
            }
        }
        if let Some(get) = self.memory {
            let mut memory = Memory::default();
            // SAFETY: as above.
            if done(unsafe { get(gpu, &mut memory) })? {
                row.memory_total_bytes = Some(memory.total);
                row.memory_used_bytes = Some(memory.used);
            }
        }
        // SAFETY: as above, for each of these.
        let number = |get: Option<GetNumber>| ask(get, |get, value| unsafe { get(gpu, value) });
        // SAFETY: as above.
        let long = |get: Option<GetLong>| ask(get, |get, value| unsafe { get(gpu, value) });
        // SAFETY: as above.
        let of = |get: Option<GetOf>, what| ask(get, |get, value| unsafe { get(gpu, what, value) });
        let video = |get: Option<GetVideo>| {
            // SAFETY: as above. How long it measured is not kept.
            ask(get, |get, value| unsafe { get(gpu, value, &mut 0) })
        };
        // SAFETY: as above.
        let errors = |what| ask(self.errors, |get, value| unsafe { get(gpu, what, SINCE_LOADED, value) });

        let share = |percent: c_uint| f64::from(percent) / 100.0;
        let hertz = |megahertz: c_uint| u64::from(megahertz) * 1_000_000;
        row.temperature_celsius = of(self.temperature, CHIP)?.map(f64::from);
        row.frequency_hertz = of(self.clock, GRAPHICS)?.map(hertz);
        row.memory_frequency_hertz = of(self.clock, MEMORY)?.map(hertz);
        row.power_watts = number(self.power)?.map(|milliwatts| f64::from(milliwatts) / 1e3);
        row.energy_joules_total = long(self.energy)?.map(|millijoules| millijoules as f64 / 1e3);
        row.fan_ratio = number(self.fan)?.map(share);
        row.encoder_ratio = video(self.encoder)?.map(share);
        row.decoder_ratio = video(self.decoder)?.map(share);
        row.throttled = long(self.reasons)?.map(|reasons| reasons & LIMITED != 0);
        row.corrected_errors_total = errors(CORRECTED)?;
        row.uncorrected_errors_total = errors(UNCORRECTED)?;
        row.pcie_replays_total = number(self.replays)?.map(u64::from);
        Ok(())
    }
}

/// Asks for one number. None where the library has no such call or the GPU no such reading.
fn ask<F, T: Default>(get: Option<F>, call: impl FnOnce(F, &mut T) -> Code) -> Result<Option<T>, String> {
    let Some(get) = get else { return Ok(None) };
    let mut value = T::default();
    Ok(done(call(get, &mut value))?.then_some(value))
}

/// Whether a call gave something. Fails when there is nobody left to ask.
fn done(code: Code) -> Result<bool, String> {
    match code {
        0 => Ok(true),
        GPU_IS_LOST | RESET_REQUIRED => Err(words(code)),
        _ => Ok(false),
    }
}

fn text_of(call: impl FnOnce(*mut c_char, c_uint) -> Code) -> Option<String> {
    let mut text = [0_u8; TEXT_BYTES];
    if call(text.as_mut_ptr().cast(), TEXT_BYTES as c_uint) != 0 {
        return None;
    }
    let text = CStr::from_bytes_until_nul(&text).ok()?.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}

/// What a code means, for those that a person can do something about.
fn words(code: Code) -> String {
    let meaning = match code {
        4 => "no permission",
        10 => "it does not answer",
        GPU_IS_LOST => "it is lost: it has fallen off the bus, or was taken out",
        RESET_REQUIRED => "it must be reset",
        17 => "the system's control device blocks it",
        18 => "the library is of another version than the driver: restart after the update",
        _ => return format!("error {code}"),
    };
    format!("{meaning} ({code})")
}

fn load_error() -> String {
    // SAFETY: the call gives a NUL-terminated string, which stays until the thread's next such call, or null.
    let said = unsafe { NonNull::new(libc::dlerror()).map(|said| CStr::from_ptr(said.as_ptr())) };
    said.map_or_else(|| "it cannot be loaded".to_owned(), |said| said.to_string_lossy().into_owned())
}

/// A function of the library. `F` must be its type.
unsafe fn find<F>(library: NonNull<c_void>, name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the library is loaded, and the name a NUL-terminated string.
    let address = unsafe { libc::dlsym(library.as_ptr(), name.as_ptr()) };
    // SAFETY: it is no null, has the size of a pointer to a function, and its type is the caller's word.
    (!address.is_null()).then(|| unsafe { mem::transmute_copy(&address) })
}
