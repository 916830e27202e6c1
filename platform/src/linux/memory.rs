//! Memory and swap: `/proc/meminfo`, and what moves between it and disks in `/proc/vmstat`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Memory, Sample, Swap, put};

const FILE: &str = "/proc/meminfo";

/// Memory and swap. There is no `Swap` where the kernel was built without.
pub(super) struct Stocks {
    meminfo: Kept,
    vmstat: Kept,
    page_bytes: u64,
}

impl Stocks {
    pub(super) fn new(roots: &Roots) -> Self {
        let (meminfo, vmstat) = (Kept::new(roots.in_proc("meminfo")), Kept::list(roots.in_proc("vmstat")));
        Self { meminfo, vmstat, page_bytes: procfs::page_size() }
    }
}

impl Collector for Stocks {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let (mut memory, mut swap) = parse(self.meminfo.read(text)?)?;
        if let Some(text) = self.vmstat.read_optional(text)? {
            parse_traffic(text, self.page_bytes, &mut memory, swap.as_mut());
        }
        put(&mut sample.memory, memory);
        sample.swap = swap;
        Ok(Found::Source)
    }
}

/// The text of `/proc/meminfo`. What it calls kB is KiB.
pub fn parse(text: &str) -> Result<(Memory, Option<Swap>), Error> {
    let mut memory = Memory::default();
    let mut swap = Swap::default();
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
            "Active(anon)" => &mut memory.active_anonymous_bytes,
            "Inactive(anon)" => &mut memory.inactive_anonymous_bytes,
            "Active(file)" => &mut memory.active_file_bytes,
            "Inactive(file)" => &mut memory.inactive_file_bytes,
            "Unevictable" => &mut memory.unevictable_bytes,
            "Mlocked" => &mut memory.locked_bytes,
            "Writeback" => &mut memory.writeback_bytes,
            "AnonPages" => &mut memory.anonymous_bytes,
            "Mapped" => &mut memory.mapped_bytes,
            "KReclaimable" => &mut memory.kernel_reclaimable_bytes,
            "SUnreclaim" => &mut memory.slab_unreclaimable_bytes,
            "KernelStack" => &mut memory.kernel_stack_bytes,
            "PageTables" => &mut memory.page_tables_bytes,
            "VmallocUsed" => &mut memory.vmalloc_used_bytes,
            "Percpu" => &mut memory.per_cpu_bytes,
            "CommitLimit" => &mut memory.commit_limit_bytes,
            "Committed_AS" => &mut memory.committed_bytes,
            "AnonHugePages" => &mut memory.anonymous_huge_bytes,
            "CmaTotal" => &mut memory.contiguous_total_bytes,
            "CmaFree" => &mut memory.contiguous_free_bytes,
            "HardwareCorrupted" => &mut memory.hardware_corrupted_bytes,
            "Hugepagesize" => &mut memory.huge_page_bytes,
            "SwapCached" => &mut swap.cached_bytes,
            "Zswap" => &mut swap.compressed_bytes,
            "Zswapped" => &mut swap.compressed_original_bytes,
            "SwapTotal" => &mut swap_total,
            "SwapFree" => &mut swap_free,
            "HugePages_Total" => &mut memory.huge_pages,
            "HugePages_Free" => &mut memory.huge_pages_free,
            "HugePages_Rsvd" => &mut memory.huge_pages_promised,
            "HugePages_Surp" => &mut memory.huge_pages_surplus,
            "Hugetlb" => &mut memory.huge_bytes,
            "DirectMap4k" => &mut memory.direct_map.by_4k_bytes,
            "DirectMap2M" => &mut memory.direct_map.by_2m_bytes,
            "DirectMap1G" => &mut memory.direct_map.by_1g_bytes,
            _ => continue,
        };
        // The reserved huge pages alone are counted in pages.
        let number = if name.starts_with("HugePages_") { first_number(value) } else { bytes(value) };
        *slot = Some(number.ok_or_else(|| Error::line(FILE, line))?);
    }
    memory.total_bytes = total.ok_or_else(|| Error::missing(FILE, "MemTotal"))?;
    memory.free_bytes = free.ok_or_else(|| Error::missing(FILE, "MemFree"))?;
    memory.available_bytes = available.unwrap_or_else(|| estimate_available(&memory));
    let swap = swap_total.zip(swap_free).map(|(total_bytes, free_bytes)| Swap { total_bytes, free_bytes, ..swap });
    Ok((memory, swap))
}

/// The text of `/proc/vmstat`: what moved since boot.
pub fn parse_traffic(text: &str, page_bytes: u64, memory: &mut Memory, mut swap: Option<&mut Swap>) {
    for line in text.lines() {
        let Some((name, value)) = line.split_once(' ') else { continue };
        let in_units_of = |bytes: u64| first_number(value).and_then(|number| number.checked_mul(bytes));
        match (name, &mut swap) {
            ("pswpin", Some(swap)) => swap.in_bytes_total = in_units_of(page_bytes),
            ("pswpout", Some(swap)) => swap.out_bytes_total = in_units_of(page_bytes),
            ("pgpgin", _) => memory.paged_in_bytes_total = in_units_of(1024),
            ("pgpgout", _) => memory.paged_out_bytes_total = in_units_of(1024),
            ("pgfault", _) => memory.page_faults_total = in_units_of(1),
            ("pgmajfault", _) => memory.major_page_faults_total = in_units_of(1),
            ("oom_kill", _) => memory.out_of_memory_kills_total = in_units_of(1),
            _ => {}
        }
    }
}

fn bytes(value: &str) -> Option<u64> {
    first_number(value)?.checked_mul(1024)
}

fn first_number(value: &str) -> Option<u64> {
    value.split_ascii_whitespace().next()?.parse().ok()
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
    fn reserved_huge_pages_are_counted_in_pages() {
        let (memory, _) = parse(&format!("{OLD}HugePages_Total:       3\nHugepagesize:       2048 kB\n")).unwrap();
        assert_eq!((memory.huge_pages, memory.huge_page_bytes), (Some(3), Some(2_097_152)));
    }

    #[test]
    fn traffic_is_in_pages_in_kibibytes_or_plain() {
        let text = "pgpgin 5\npgpgout 4\npswpin 6\npswpout 7\npgfault 8\npgmajfault 2\noom_kill 1\n";
        let (mut memory, mut swap) = (Memory::default(), Swap::default());
        parse_traffic(text, 4096, &mut memory, Some(&mut swap));
        assert_eq!((memory.paged_in_bytes_total, memory.paged_out_bytes_total), (Some(5120), Some(4096)));
        assert_eq!((memory.page_faults_total, memory.major_page_faults_total), (Some(8), Some(2)));
        assert_eq!(memory.out_of_memory_kills_total, Some(1));
        assert_eq!((swap.in_bytes_total, swap.out_bytes_total), (Some(24_576), Some(28_672)));

        let mut memory = Memory::default();
        parse_traffic("pswpin 1\npgfault x\n", 4096, &mut memory, None);
        assert_eq!(memory, Memory::default());
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
