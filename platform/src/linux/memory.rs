//! Memory and swap: `/proc/meminfo`, and the swap traffic in `/proc/vmstat`.

use super::{Error, Roots, text};
use crate::model::{Memory, Swap};

const FILE: &str = "/proc/meminfo";

/// Memory and swap. There is no `Swap` where the kernel was built without.
pub fn read(roots: &Roots) -> Result<(Memory, Option<Swap>), Error> {
    let (memory, mut swap) = parse(&text::read(roots.in_proc("meminfo"))?)?;
    if let Some(swap) = &mut swap
        && let Ok(text) = text::read(roots.in_proc("vmstat"))
    {
        let (pages_in, pages_out) = parse_swapped(&text);
        let bytes = |pages: u64| pages.checked_mul(procfs::page_size());
        swap.in_bytes_total = pages_in.and_then(bytes);
        swap.out_bytes_total = pages_out.and_then(bytes);
    }
    Ok((memory, swap))
}

/// The text of `/proc/meminfo`. What it calls kB is KiB.
pub fn parse(text: &str) -> Result<(Memory, Option<Swap>), Error> {
    let mut memory = Memory::default();
    let (mut total, mut free, mut available, mut swap_total, mut swap_free) = (None, None, None, None, None);
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let slot = match name {
            "MemTotal" => &mut total,
            "MemFree" => &mut free,
            "MemAvailable" => &mut available,
            "Buffers" => &mut memory.buffers_bytes,
            "Cached" => &mut memory.cached_bytes,
            "Shmem" => &mut memory.shared_bytes,
            "Slab" => &mut memory.slab_bytes,
            "SReclaimable" => &mut memory.slab_reclaimable_bytes,
            "Active" => &mut memory.active_bytes,
            "Inactive" => &mut memory.inactive_bytes,
            "Dirty" => &mut memory.dirty_bytes,
            "SwapTotal" => &mut swap_total,
            "SwapFree" => &mut swap_free,
            _ => continue,
        };
        *slot = Some(bytes(value).ok_or_else(|| Error::line(FILE, line))?);
    }
    memory.total_bytes = total.ok_or_else(|| Error::missing(FILE, "MemTotal"))?;
    memory.free_bytes = free.ok_or_else(|| Error::missing(FILE, "MemFree"))?;
    memory.available_bytes = available.unwrap_or_else(|| estimate_available(&memory));
    let swap = swap_total.zip(swap_free).map(|(total_bytes, free_bytes)| Swap {
        total_bytes,
        free_bytes,
        in_bytes_total: None,
        out_bytes_total: None,
    });
    Ok((memory, swap))
}

/// The `pswpin` and `pswpout` lines of `/proc/vmstat`: pages read back from swap and written to it since boot.
pub fn parse_swapped(text: &str) -> (Option<u64>, Option<u64>) {
    let (mut pages_in, mut pages_out) = (None, None);
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("pswpin", pages)) => pages_in = pages.parse().ok(),
            Some(("pswpout", pages)) => pages_out = pages.parse().ok(),
            _ => {}
        }
    }
    (pages_in, pages_out)
}

fn bytes(value: &str) -> Option<u64> {
    let kibibytes: u64 = value.split_ascii_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What `free` showed as available before the kernel told it.
fn estimate_available(memory: &Memory) -> u64 {
    let caches = [memory.buffers_bytes, memory.cached_bytes];
    let available = caches.into_iter().flatten().fold(memory.free_bytes, u64::saturating_add);
    available.min(memory.total_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n";

    #[test]
    fn a_kilobyte_is_1024_bytes() {
        let (memory, swap) = parse("MemTotal: 3 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nShmem: 0 kB\n").unwrap();
        assert_eq!((memory.total_bytes, memory.free_bytes, memory.available_bytes), (3072, 1024, 2048));
        assert_eq!(memory.shared_bytes, Some(0));
        assert_eq!(memory.dirty_bytes, None);
        assert_eq!(swap, None);
    }

    #[test]
    fn available_is_estimated_where_the_kernel_does_not_tell_it() {
        let (memory, _) = parse(OLD).unwrap();
        assert_eq!(memory.available_bytes, 420 * 1024);
        assert_eq!(memory.shared_bytes, None);
    }

    #[test]
    fn no_swap_is_a_swap_of_size_zero() {
        let (_, swap) = parse(&format!("{OLD}SwapTotal: 0 kB\nSwapFree: 0 kB\n")).unwrap();
        assert_eq!(swap, Some(Swap::default()));
    }

    #[test]
    fn swapped_pages() {
        assert_eq!(parse_swapped("pgpgin 5\npswpin 6\npswpout 7\npgfault 8\n"), (Some(6), Some(7)));
        assert_eq!(parse_swapped("pgpgin 5\n"), (None, None));
    }

    #[test]
    fn the_error_names_what_is_missing_or_odd() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(message("MemFree: 1 kB\n"), "malformed /proc/meminfo: no line `MemTotal`");
        assert_eq!(message("MemTotal: many\n"), "malformed /proc/meminfo: `MemTotal: many`");
        assert_eq!(
            message("Cached: 18446744073709551615 kB"),
            "malformed /proc/meminfo: `Cached: 18446744073709551615 kB`"
        );
    }
}
