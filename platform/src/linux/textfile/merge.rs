//! The series of all files as one list, in which those of a family stand together and none is there twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{file::File, parse::shown};
use crate::model::{Custom, Family};

/// The most series of all files. Each travels with every sample that is taken of them.
const LIMIT_SERIES: usize = 2000;

/// The most bytes of all their names and labels.
const LIMIT_BYTES: usize = 256 << 10;

/// The order of the series.
#[derive(Default)]
pub(super) struct Merged(Vec<Entry>);

/// One series: the number of its file, its place there, and the family of all files that it belongs to.
struct Entry {
    file: usize,
    place: usize,
    family: Arc<Family>,
}

impl Merged {
    /// The series and their families, of the same files as they were when they were merged.
    pub(super) fn series<'a>(&'a self, files: &'a [File]) -> impl Iterator<Item = (&'a Custom, &'a Arc<Family>)> {
        self.0.iter().map(|entry| (&files[entry.file].series[entry.place], &entry.family))
    }
}

/// Puts the files together. The first file by name wins: what another one says of the same series is refused, as is a
/// family of another type. The first refusal of each file is kept with it.
pub(super) fn merge(files: &mut [File]) -> Merged {
    let mut families: BTreeMap<String, Arc<Family>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut order: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    for (index, file) in files.iter_mut().enumerate() {
        (file.taken, file.refused) = (0, None);
        for (place, series) in file.series.iter().enumerate() {
            let Some(own) = &series.family else { continue };
            let family = families.entry(own.name.clone()).or_insert_with(|| Arc::clone(own));
            let refused = if family.kind != own.kind {
                Some(format!(
                    "{} is a {} here and a {} in an earlier file",
                    shown(&own.name),
                    own.kind.name(),
                    family.kind.name()
                ))
            } else if seen.contains(&series.series) {
                Some(format!("{} is in an earlier file too", shown(&series.series)))
            } else if order.len() == LIMIT_SERIES {
                Some(format!(
                    "{} is beyond the {LIMIT_SERIES} series that are taken of all files",
                    shown(&series.series)
                ))
            } else if bytes + series.series.len() > LIMIT_BYTES {
                Some(format!(
                    "{} is beyond the {LIMIT_BYTES} bytes of names that are taken of all files",
                    shown(&series.series)
                ))
            } else {
                None
            };
            if refused.is_some() {
                file.refused = file.refused.take().or(refused);
                continue;
            }
            bytes += series.series.len();
            seen.insert(series.series.clone());
            order.push(Entry { file: index, place, family: Arc::clone(family) });
            file.taken += 1;
        }
    }
    // The sort keeps the order within a family: buckets stand as they stood.
    order.sort_by(|one, other| one.family.name.cmp(&other.family.name));
    Merged(order)
}
