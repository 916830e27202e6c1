//! The cache of ZFS: `/proc/spl/kstat/zfs/arcstats`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Sample, ZfsCache};

const FILE: &str = "/proc/spl/kstat/zfs/arcstats";

/// The state of the cache, where there is such a thing.
pub(super) struct Cache(Kept);

impl Cache {
    pub(super) fn new(roots: &Roots) -> Self {
        Self(Kept::list(roots.in_proc("spl/kstat/zfs/arcstats")))
    }
}

impl Collector for Cache {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let Some(text) = self.0.read_optional(text)? else { return Ok(Found::Nothing) };
        sample.zfs_cache = Some(parse(text)?);
        Ok(Found::Source)
    }
}

/// The text of `arcstats`: two lines of headings, then name, type and number a line.
pub fn parse(text: &str) -> Result<ZfsCache, Error> {
    let mut cache = ZfsCache::default();
    for line in text.lines().skip(2) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(name), Some(_), Some(number)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(Error::line(FILE, line));
        };
        let slot = match name {
            "size" => &mut cache.size_bytes,
            "c" => &mut cache.target_bytes,
            "c_min" => &mut cache.target_min_bytes,
            "c_max" => &mut cache.target_max_bytes,
            "data_size" => &mut cache.data_bytes,
            "metadata_size" => &mut cache.metadata_bytes,
            "mru_size" => &mut cache.recent_bytes,
            "mfu_size" => &mut cache.frequent_bytes,
            "hits" => &mut cache.hits_total,
            "misses" => &mut cache.misses_total,
            "memory_throttle_count" => &mut cache.throttles_total,
            "l2_size" => &mut cache.second_level_bytes,
            "l2_hits" => &mut cache.second_level_hits_total,
            "l2_misses" => &mut cache.second_level_misses_total,
            _ => continue,
        };
        *slot = Some(number.parse().map_err(|_| Error::line(FILE, line))?);
    }
    Ok(cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "13 1 0x01 147 39984 6789 123456\nname type data\n";

    #[test]
    fn names_types_and_numbers() {
        let cache = parse(&format!("{HEAD}hits 4 12\nc_min 4 34\narc_no_grow 4 0\n")).unwrap();
        let expected = ZfsCache { hits_total: Some(12), target_min_bytes: Some(34), ..ZfsCache::default() };
        assert_eq!(cache, expected);
        assert_eq!(parse(HEAD).unwrap(), ZfsCache::default());
    }

    #[test]
    fn the_error_names_the_line() {
        let message = |line| parse(&format!("{HEAD}{line}\n")).unwrap_err().to_string();
        assert_eq!(message("hits 4"), "malformed /proc/spl/kstat/zfs/arcstats: `hits 4`");
        assert_eq!(message("hits 4 x"), "malformed /proc/spl/kstat/zfs/arcstats: `hits 4 x`");
    }
}
