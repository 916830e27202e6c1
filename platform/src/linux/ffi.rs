//! The few calls for which there is no file to read. All `unsafe` of this system is here and in `gpu/nvml.rs`.
#![allow(unsafe_code)]
// The C types are wider on some targets than on others: a cast that is needed on one is idle on the next.
#![allow(clippy::unnecessary_cast)]

use std::{ffi::CStr, fs::File, io, mem::MaybeUninit, os::fd::AsRawFd};

/// What `statvfs` says of a filesystem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    /// Size, bytes.
    pub total_bytes: u64,
    /// Free space, bytes.
    pub free_bytes: u64,
    /// Free space for ordinary users, bytes.
    pub available_bytes: u64,
    /// Inodes; 0 where the filesystem makes them as needed.
    pub inodes: u64,
    /// Free inodes.
    pub inodes_free: u64,
}

/// The space of the filesystem that holds `path`. Blocks as long as that filesystem does not answer.
pub(super) fn statvfs(path: &CStr) -> io::Result<Space> {
    let mut space = MaybeUninit::<libc::statvfs64>::uninit();
    // SAFETY: `path` is a NUL-terminated string and `space` has the size of the struct that the call fills.
    if unsafe { libc::statvfs64(path.as_ptr(), space.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, and then it has filled the whole struct.
    let space = unsafe { space.assume_init() };
    let unit = space.f_frsize as u64;
    Ok(Space {
        total_bytes: (space.f_blocks as u64).saturating_mul(unit),
        free_bytes: (space.f_bfree as u64).saturating_mul(unit),
        available_bytes: (space.f_bavail as u64).saturating_mul(unit),
        inodes: space.f_files as u64,
        inodes_free: space.f_ffree as u64,
    })
}

/// Whether an open file is one of the kernel's own `/proc`.
pub(super) fn is_of_proc(file: &File) -> bool {
    let mut statfs = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the descriptor is open, and `statfs` has the size of the struct that the call fills.
    if unsafe { libc::fstatfs(file.as_raw_fd(), statfs.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: the call succeeded, and then it has filled the struct.
    unsafe { statfs.assume_init() }.f_type as i64 == libc::PROC_SUPER_MAGIC as i64
}

/// Whether something was mounted or unmounted since this `mountinfo` of the kernel's was opened, or asked here last.
pub(super) fn mounts_changed(mountinfo: &File) -> bool {
    let mut event = libc::pollfd { fd: mountinfo.as_raw_fd(), events: libc::POLLPRI, revents: 0 };
    // SAFETY: `event` is one struct, which the call may write to; it waits 0 ms.
    unsafe { libc::poll(&mut event, 1, 0) != 0 }
}

/// Milliseconds since boot, suspended time included. `None` before Linux 2.6.39, which lacks the clock.
pub(super) fn boottime_ms() -> Option<u64> {
    let mut now = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: `now` has the size of the struct that the call fills.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, now.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call succeeded, and then it has filled the struct.
    let now = unsafe { now.assume_init() };
    u64::try_from(now.tv_sec as i64 * 1000 + now.tv_nsec as i64 / 1_000_000).ok()
}

/// The kernel's name of the machine's architecture, such as `aarch64`.
pub(super) fn machine() -> Option<String> {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: `names` has the size of the struct that the call fills.
    if unsafe { libc::uname(names.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the struct is arrays of characters, for which the zeros put there before the call were valid already.
    let names = unsafe { names.assume_init() };
    let bytes: Vec<u8> = names.machine.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
}

/// Fills the buffer with the next entries of a directory, each as the kernel lays it out (`linux_dirent64`), and tells
/// how many bytes they take: 0 at its end. (`read_dir` allocates for each name.)
pub(super) fn directory_entries(directory: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let fd = directory.as_raw_fd();
    // SAFETY: `fd` is open as long as `directory` is borrowed, and the kernel writes no further than the buffer is long.
    let length = unsafe { libc::syscall(libc::SYS_getdents64, fd, buffer.as_mut_ptr(), buffer.len()) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// What `adjtimex` says of the wall clock, in its own units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discipline {
    /// Bits.
    pub status: i64,
    /// What is still to be slewed; the unit depends on a bit of `status`.
    pub offset: i64,
    /// By how much the clock is made to run faster, 1/65536 of a millionth.
    pub frequency: i64,
    /// Microseconds.
    pub estimated_error: i64,
    /// Microseconds.
    pub maximum_error: i64,
    /// Seconds from UTC to atomic time.
    pub atomic_offset: i32,
}

/// How the wall clock is disciplined. Nothing is changed, so no privilege is needed. `None` where the call is refused.
pub(super) fn discipline() -> Option<Discipline> {
    let mut clock = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: `clock` has the size of the struct that the call reads and fills; its `modes` are 0: change nothing.
    if unsafe { libc::adjtimex(clock.as_mut_ptr()) } < 0 {
        return None;
    }
    // SAFETY: the struct is integers, for which the zeros put there before the call were valid already.
    let clock = unsafe { clock.assume_init() };
    Some(Discipline {
        status: clock.status as i64,
        offset: clock.offset as i64,
        frequency: clock.freq as i64,
        estimated_error: clock.esterror as i64,
        maximum_error: clock.maxerror as i64,
        atomic_offset: clock.tai as i32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_has_a_size() {
        let space = statvfs(c"/").unwrap();
        assert!(space.total_bytes > 0 && space.free_bytes <= space.total_bytes);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        assert_eq!(statvfs(c"/no/such/path").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_machine_has_a_name_and_has_been_up_for_a_while() {
        assert!(machine().is_some_and(|name| name.is_ascii()));
        assert!(boottime_ms().is_some_and(|ms| ms > 0));
    }
}
