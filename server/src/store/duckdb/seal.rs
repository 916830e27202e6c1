//! Sealing: the rows of frozen hot files become sorted segments and rollups, day after day. A day that has a segment gets a
//! new one with the rows of both. Nothing counts until the ledger says so, in one transaction; whatever was made before is
//! nobody's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use duckdb::Connection;
use tracing::debug;

use super::fate::{Fate, Fates};
use super::file::{Facts, File, HostFacts, Lease, Surveys, Tables, alias};
use super::instance::Access;
use super::layout::{Day, Tier};
use super::ledger::{Change, Entry};
use super::manifest::{Manifest, Numbers};
use super::open::Shared;
use super::pack::{self, Packed, Packing, Source};
use super::schema::{self, Shape};
use super::sql;
use super::transaction::store_error;
use crate::store::StoreError;
use crate::store::directory::{Directory, HostId};

/// Where sealing stands; a test stops it at each of these, of each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A segment is written, under a name that nobody looks for.
    Written,
    /// It has its name.
    Named,
    /// The day's minutes are there, and its hours wait for those of its month.
    RolledUp,
    /// The hours of a month are there.
    Summed,
    /// The ledger lists all that was made.
    Published,
}

/// Files that a day can have: its samples, its minutes, its hours.
const FILES_OF_DAY: u64 = 3;

/// What it works with.
pub struct Sealing<'a> {
    pub connection: &'a Connection,
    pub shared: &'a Arc<Shared>,
    pub directory: &'a Directory,
    /// The first day of which minutes are kept.
    pub minutes_from: Day,
    /// Days before this are over: they get rollups.
    pub today: Day,
    pub reached: &'a dyn Fn(Step) -> Result<(), StoreError>,
    /// Asked often, where no statement would be interrupted.
    pub is_stopping: &'a dyn Fn() -> bool,
}

/// One sealing: the files as they were when it began, and what it takes.
pub(super) struct Task<'a> {
    pub before: &'a Manifest,
    pub numbers: &'a Numbers,
    pub frozen: &'a [Arc<File>],
}

/// A file that is written and has no name yet: it goes if it gets none.
pub(super) struct Made {
    scratch: PathBuf,
    file: Arc<File>,
}

/// Files that nobody lists. They go with it, but for those that are listed by then.
#[derive(Default)]
struct Unlisted(Vec<Arc<File>>);

impl Drop for Made {
    fn drop(&mut self) {
        // Nothing is there any more if it was named.
        super::file::remove(&self.scratch);
    }
}

impl Drop for Unlisted {
    fn drop(&mut self) {
        self.0.iter().for_each(|file| file.retire());
    }
}

impl Sealing<'_> {
    /// Seals these hot files, and all rows of them: `fates` has every day of theirs, and may have days whose segment only
    /// gets rollups.
    pub fn seal(&self, frozen: &[Arc<File>], fates: &Fates) -> Result<(), StoreError> {
        let (before, numbers) = self.shared.files.reserve(FILES_OF_DAY * fates.len() as u64);
        let task = Task { before: &before, numbers: &numbers, frozen };
        let mut made = Unlisted::default();
        // Of a day that keeps no samples its segment is only what rollups are made of.
        let mut passing = Unlisted::default();
        let mut months: BTreeMap<Day, Vec<(Day, Fate)>> = BTreeMap::new();
        for (day, fate) in fates.iter().filter(|(_, fate)| **fate != Fate::Gone) {
            months.entry(Tier::Hour.period_of(*day)).or_default().push((*day, *fate));
        }
        for (month, days) in months {
            self.month(&task, (month, &days), &mut made.0, &mut passing.0)?;
        }
        drop(passing);
        self.publish(&task, made)
    }

    /// Makes the files of some days of a month: segments and minutes one by one, then the hours of all.
    fn month(
        &self,
        task: &Task<'_>,
        (month, days): (Day, &[(Day, Fate)]),
        made: &mut Vec<Arc<File>>,
        passing: &mut Vec<Arc<File>>,
    ) -> Result<(), StoreError> {
        let tables = self.present(task, days.iter().map(|(day, _)| *day)).map_err(|error| store_error(&error))?;
        let hours = self.scratch().map_err(|error| store_error(&error))?;
        if days.len() > 1 {
            hours.mix();
        }
        let mut renewed = BTreeMap::new();
        for (day, fate) in days {
            let segment = self.raw(task, *day)?;
            (self.reached)(Step::Written)?;
            let segment = segment.map(|segment| self.name(segment)).transpose()?;
            if let Some(segment) = &segment {
                let place = if *fate == Fate::Kept { &mut *made } else { &mut *passing };
                place.push(segment.clone());
            }
            (self.reached)(Step::Named)?;
            let former = task.before.of_day(Tier::Raw, *day).cloned();
            let Some(segment) = segment.or(former).filter(|_| *fate == Fate::Rolled || *day < self.today) else {
                continue;
            };
            let lead = [&*made, &*passing].into_iter().flatten().chain(task.before.of_tier(Tier::Raw));
            let lead = lead.filter(|file| file.tier == Tier::Raw).find(|file| file.has_day(Day(day.0 - 1))).cloned();
            let minutes = self.roll_up(task, (&tables, &hours), *day, &segment, lead)?;
            if *day >= self.minutes_from
                && let Some(minutes) = self.minutes(task, &minutes, (*day, *fate))?
            {
                made.push(self.name(minutes)?);
            }
            renewed.insert(*day, *fate);
            (self.reached)(Step::RolledUp)?;
        }
        if !renewed.is_empty()
            && let Some(hours) = self.hours(task, &hours, (month, &renewed))?
        {
            made.push(self.name(hours)?);
        }
        (self.reached)(Step::Summed)
    }

    /// From here on what was made counts, and what it was made of does not.
    fn publish(&self, task: &Task<'_>, mut made: Unlisted) -> Result<(), StoreError> {
        let Task { before, frozen, .. } = task;
        let gone: Vec<Arc<File>> = before
            .files
            .values()
            .filter(|old| frozen.iter().any(|file| file.number == old.number) || is_replaced(old, &made.0))
            .cloned()
            .collect();
        let change = Change {
            added: made.0.iter().map(|file| Entry::of(file)).collect(),
            removed: gone.iter().map(|file| file.number).collect(),
            sealed: frozen
                .iter()
                .map(|file| (file.alias(), format!("true{}", except(&before.hidden_in(file)))))
                .collect(),
            forgotten: Vec::new(),
        };
        let leases: Vec<_> =
            frozen.iter().map(File::lease).collect::<Result<_, _>>().map_err(|error| store_error(&error))?;
        self.shared.ledger.publish(&change)?;
        drop(leases);
        let listed = std::mem::take(&mut made.0);
        let cut = (self.reached)(Step::Published);
        self.shared.files.change(|manifest| {
            for file in &gone {
                manifest.files.remove(&file.number);
            }
            manifest.files.extend(listed.into_iter().map(|file| (file.number, file)));
        });
        gone.iter().for_each(|file| file.retire());
        cut
    }

    /// The segment of a day; none if no hot file has a row of it.
    fn raw(&self, task: &Task<'_>, day: Day) -> Result<Option<Made>, StoreError> {
        let hot: Vec<&Arc<File>> = task.frozen.iter().filter(|file| file.has_day(day)).collect();
        if hot.is_empty() {
            return Ok(None);
        }
        let sources = task.before.of_day(Tier::Raw, day).into_iter().chain(hot);
        let leases: Vec<_> = sources.map(File::lease).collect::<Result<_, _>>().map_err(|error| store_error(&error))?;
        let of_day = of_day(day);
        self.make((task.numbers.next(), Tier::Raw, day), schema::shapes(), |shape| {
            leases.iter().filter_map(|lease| of_file(task.before, lease, shape, &of_day)).collect()
        })
    }

    /// Writes a file of all shapes that have rows.
    pub(super) fn make(
        &self,
        (number, tier, day): (u64, Tier, Day),
        shapes: &[Shape],
        sources: impl Fn(&Shape) -> Vec<Source>,
    ) -> Result<Option<Made>, StoreError> {
        let start = Instant::now();
        let scratch = self.shared.layout.scratch().join(format!("{number}.duckdb"));
        let target = alias(number);
        let written = (|| {
            let failed = |error: duckdb::Error| store_error(&error);
            self.shared.instance.attach(&scratch, &target, Access::Write).map_err(failed)?;
            self.connection.execute_batch(&format!("CREATE SCHEMA {target}.{}", pack::SCHEMA)).map_err(failed)?;
            let reader = self.shared.instance.connect().map_err(failed)?;
            let packing = Packing { connection: self.connection, reader: &reader, is_stopping: self.is_stopping };
            let mut tables = Tables::new();
            let mut total = Packed::default();
            let mut surveys = Surveys::new();
            for shape in shapes {
                let packed = pack::pack(&packing, shape, &sources(shape), &target)?;
                if packed.rows > 0 {
                    if schema::OF_SAMPLES.contains(&shape.name.as_str()) {
                        total.count(&packed.hosts);
                    }
                    total.values += packed.values;
                    total.oldest_us = [total.oldest_us, packed.oldest_us].into_iter().flatten().min();
                    total.newest_us = total.newest_us.max(packed.newest_us);
                    tables.insert(shape.name.clone(), packed.columns);
                    surveys.insert(shape.name.clone(), packed.survey);
                }
            }
            self.describe(&target, &tables, &total.hosts).map_err(failed)?;
            drop(reader);
            self.shared.instance.complete(&target).map_err(failed)?;
            Ok((total, tables, surveys))
        })();
        let (total, tables, surveys) = written.inspect_err(|_| {
            let _ = self.connection.execute_batch("USE memory");
            let _ = self.shared.instance.detach(&target);
            super::file::remove(&scratch);
        })?;
        if tables.is_empty() {
            super::file::remove(&scratch);
            return Ok(None);
        }
        let period = tier.period_of(day);
        debug!(tier = tier.name(), %day, values = total.values, seconds = start.elapsed().as_secs_f64(), "written");
        let facts = Facts {
            bytes: std::fs::metadata(&scratch).map_or(0, |metadata| metadata.len()),
            samples: total.hosts.values().map(|host| host.samples).sum(),
            values: total.values,
            oldest_us: total.oldest_us,
            newest_us: total.newest_us,
        };
        let path = self.shared.layout.file(tier, number, Some(period));
        let hosts = if tier == Tier::Raw { total.hosts } else { HashMap::new() };
        let file = File::new(self.shared.instance.clone(), (tier, number, Some(period)), path, facts, hosts);
        // Of what will hardly be made again they would only take memory.
        if tier.period_end(period) >= self.today {
            file.set_surveys(surveys);
        }
        Ok(Some(Made { scratch, file: Arc::new(file) }))
    }

    /// Adds what makes a file tell of itself: its contents, and the names of the hosts that have samples in it.
    fn describe(&self, target: &str, tables: &Tables, hosts: &HashMap<HostId, HostFacts>) -> duckdb::Result<()> {
        self.connection.execute_batch(&format!(
            "USE {target}; {} CREATE TABLE hosts (host_id INTEGER, id VARCHAR, hostname VARCHAR)",
            sql::CONTENTS_TABLE
        ))?;
        let mut contents = self.connection.appender("contents")?;
        for (table, columns) in tables.iter().collect::<BTreeMap<_, _>>() {
            for column in columns {
                contents.append_row([table.as_str(), column.as_str()])?;
            }
        }
        contents.flush()?;
        drop(contents);
        let mut names = self.connection.appender("hosts")?;
        for host in hosts.keys().collect::<BTreeSet<_>>() {
            if let Some(entry) = self.directory.get(*host) {
                names.append_row(duckdb::params![host.0, entry.key, entry.hostname])?;
            }
        }
        names.flush()?;
        drop(names);
        self.connection.execute_batch("USE memory")
    }

    /// Gives a file its name. Until the ledger lists it, a start removes it.
    fn name(&self, made: Made) -> Result<Arc<File>, StoreError> {
        let failed =
            |error: std::io::Error| StoreError::Failed(format!("cannot name {}: {error}", made.file.path.display()));
        super::file::install(&made.scratch, &made.file.path).map_err(failed)?;
        Ok(made.file.clone())
    }
}

fn is_replaced(old: &File, made: &[Arc<File>]) -> bool {
    made.iter().any(|file| file.tier == old.tier && file.period == old.period)
}

/// The condition on rows of the days from one to before another.
pub(super) fn within(first: Day, end: Day) -> String {
    format!("ts >= make_timestamp({}) AND ts < make_timestamp({})", first.start_us(), end.start_us())
}

/// The condition on rows of one day.
pub(super) fn of_day(day: Day) -> String {
    within(day, Day(day.0 + 1))
}

fn except(hosts: &[HostId]) -> String {
    match hosts.is_empty() {
        true => String::new(),
        false => format!(" AND host_id NOT IN ({})", sql::numbers(hosts)),
    }
}

/// Those rows of a file that this condition is true of, without hosts that are hidden in it.
pub(super) fn of_file(before: &Manifest, lease: &Lease, shape: &Shape, filter: &str) -> Option<Source> {
    let present = lease.tables.get(&shape.name)?.clone();
    Some(Source {
        table: format!("{}.{}", lease.file.alias(), shape.name),
        has: Box::new(move |column| present.contains(column)),
        filter: format!("{filter}{}", except(&before.hidden_in(&lease.file))),
        is_sorted: false,
        survey: lease.file.survey(&shape.name),
    })
}
