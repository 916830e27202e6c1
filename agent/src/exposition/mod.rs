//! The page that Prometheus reads: node_exporter's names for what node_exporter has, ours for the rest.
//! What is measured, and in which words, is the catalog's to say; each noun here says where its metrics appear.

mod cpu;
mod custom;
mod disk;
mod filesystem;
mod host;
mod kernel;
mod labels;
mod memory;
mod memory_controller;
mod network;
mod place;
mod power;
mod pressure;
mod raid;
mod sensor;
mod socket;
mod table;
mod writer;

use siskin_platform::model::catalog::{self, Table, Visitor};
use siskin_platform::model::{Agent, Host, Sample};

use crate::health::Health;
pub use custom::Shadowed;
use place::Place;
use table::View;
pub use writer::Format;
use writer::Writer;

/// What a page is made of.
pub struct Page<'a> {
    /// Who answers.
    pub agent: &'a Agent,
    /// Random number of the agent's start.
    pub stream: u64,
    /// The host's facts.
    pub host: &'a Host,
    /// The readings.
    pub sample: &'a Sample,
    /// Between two samples of the schedule, which this sample may not be one of.
    pub interval_seconds: Option<f64>,
}

impl Page<'_> {
    /// Writes it to the end of `out`. What it says instead of people's own metrics, if there is such.
    pub fn write(&self, format: Format, out: &mut Vec<u8>) -> Option<Shadowed> {
        let mut writer = Writer::new(out, format);
        host::facts(&mut writer, self);
        catalog::visit(&mut Tables { writer: &mut writer, sample: self.sample });
        host::agent(&mut writer, self);
        if let Some(health) = Health::of_agent() {
            host::health(&mut writer, &health);
        }
        let shadowed = custom::write(&mut writer, &self.sample.custom);
        writer.finish();
        shadowed
    }
}

/// Writes each table as its noun sees it; one that has no noun here, by its dimension.
struct Tables<'w, 'o, 's> {
    writer: &'w mut Writer<'o>,
    sample: &'s Sample,
}

impl Visitor for Tables<'_, '_, '_> {
    fn table<T: 'static>(&mut self, table: &'static Table<T>) {
        let (writer, sample) = (&mut *self.writer, self.sample);
        match table.name {
            "host" => {
                let view = View { labels: &|_, _| true, place: host::place };
                table::write(writer, &catalog::HOST, std::slice::from_ref(sample), &view);
                if let Some(memory) = &sample.memory {
                    memory::direct_map(writer, &memory.direct_map);
                }
                if let Some(sockets) = &sample.sockets {
                    socket::memory(writer, sockets);
                    socket::forwarding(writer, sockets);
                }
                if let Some(clock) = &sample.timekeeping {
                    kernel::discipline(writer, clock);
                }
            }
            "core" => {
                noun(writer, &catalog::CORE, sample, cpu::labels, cpu::core);
                cpu::throttles(writer, sample.cpu.as_ref().map_or(&[], |cpu| &cpu.cores));
            }
            "filesystem" => {
                noun(writer, &catalog::FILESYSTEM, sample, filesystem::labels, filesystem::place);
                filesystem::errors(writer, &sample.filesystems, &sample.silent_filesystems);
            }
            "disk" => noun(writer, &catalog::DISK, sample, disk::labels, disk::place),
            "network" => {
                noun(writer, &catalog::NETWORK, sample, network::labels, network::place);
                network::up(writer, &sample.networks);
            }
            "sensor" => {
                noun(writer, &catalog::SENSOR, sample, sensor::labels, sensor::place);
                sensor::others(writer, &sample.sensors);
            }
            "power_supply" => {
                noun(writer, &catalog::POWER_SUPPLY, sample, power::labels, power::place);
                power::info(writer, &sample.power_supplies);
            }
            "raid" => {
                noun(writer, &catalog::RAID, sample, raid::labels, raid::place);
                raid::states(writer, &sample.raids);
            }
            "memory_controller" => {
                let (labels, place) = (memory_controller::labels, memory_controller::place);
                noun(writer, &catalog::MEMORY_CONTROLLER, sample, labels, place);
            }
            "textfile" => {
                noun(writer, &catalog::TEXTFILE, sample, custom::labels, custom::place);
                custom::error(writer, &sample.textfiles);
            }
            "collector" => noun(writer, &catalog::COLLECTOR, sample, host::collector_labels, host::collector),
            // At the end of the page, when all names of the agent's are known.
            "custom" => {}
            _ => {
                let labels = |row: &T, labels: &mut labels::Labels| {
                    table::dimension(table, row, labels);
                    true
                };
                let view = View { labels: &labels, place: |_| Place::Own };
                table::write(writer, table, (table.rows)(sample), &view);
            }
        }
    }
}

fn noun<T>(
    writer: &mut Writer,
    table: &Table<T>,
    sample: &Sample,
    labels: fn(&T, &mut labels::Labels) -> bool,
    place: fn(&str) -> Place,
) {
    table::write(writer, table, (table.rows)(sample), &View { labels: &labels, place });
}

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod tests;
