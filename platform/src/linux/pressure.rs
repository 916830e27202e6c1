//! Pressure: `/proc/pressure/cpu`, `memory`, `io` and `irq`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Pressure, Sample, Stall, Stalls};

const FILE: &str = "/proc/pressure";

/// The stalls of each resource, where the kernel watches for them.
pub(super) struct Watch([Kept; 4]);

impl Watch {
    pub(super) fn new(roots: &Roots) -> Self {
        Self(["cpu", "memory", "io", "irq"].map(|resource| Kept::new(roots.in_proc(&format!("pressure/{resource}")))))
    }
}

impl Collector for Watch {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        let mut stalls = |file: &mut Kept| file.read_optional(text)?.map(parse).transpose();
        let [cpu, memory, io, irq] = &mut self.0;
        let Some(cpu) = stalls(cpu)? else { return Ok(Found::Nothing) };
        let (memory, io, irq) = (stalls(memory)?, stalls(io)?, stalls(irq)?);
        sample.pressure = Some(Pressure { cpu: Some(cpu), memory, io, irq });
        Ok(Found::Source)
    }
}

/// The text of one of the files: a line `some` and a line `full`, of which a kernel may lack either.
pub fn parse(text: &str) -> Result<Stalls, Error> {
    let mut stalls = Stalls::default();
    for line in text.lines() {
        let slot = match line.split_once(' ') {
            Some(("some", _)) => &mut stalls.some,
            Some(("full", _)) => &mut stalls.full,
            _ => return Err(Error::line(FILE, line)),
        };
        *slot = Some(stall(line).ok_or_else(|| Error::line(FILE, line))?);
    }
    Ok(stalls)
}

fn stall(line: &str) -> Option<Stall> {
    let field = |name| line.split_ascii_whitespace().find_map(|field| field.strip_prefix(name));
    let percent: f64 = field("avg10=")?.parse().ok()?;
    let microseconds: u64 = field("total=")?.parse().ok()?;
    (0.0..=100.0)
        .contains(&percent)
        .then_some(Stall { avg10_ratio: percent / 100.0, stalled_seconds_total: microseconds as f64 / 1e6 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_microseconds() {
        let stalls = parse(
            "some avg10=12.50 avg60=1.00 avg300=0.10 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
        );
        let expected = Stalls {
            some: Some(Stall { avg10_ratio: 0.125, stalled_seconds_total: 2.5 }),
            full: Some(Stall { avg10_ratio: 0.0, stalled_seconds_total: 0.000_007 }),
        };
        assert_eq!(stalls.unwrap(), expected);
    }

    #[test]
    fn a_line_that_a_kernel_lacks_is_none() {
        assert_eq!(parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n").unwrap().full, None);
        assert_eq!(parse("full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n").unwrap().some, None);
    }

    #[test]
    fn the_error_names_the_line() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(message("some avg10=1.00\n"), "malformed /proc/pressure: `some avg10=1.00`");
        assert_eq!(message("some avg10=inf total=1\n"), "malformed /proc/pressure: `some avg10=inf total=1`");
        assert_eq!(message("none avg10=1.00 total=1\n"), "malformed /proc/pressure: `none avg10=1.00 total=1`");
    }
}
