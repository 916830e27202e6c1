//! Load averages and process counts: `/proc/loadavg`.

use super::{
    Error, Roots,
    collector::{Collector, Found},
    kept::Kept,
};
use crate::model::{Load, Sample};

const FILE: &str = "/proc/loadavg";

/// The load averages of this instant.
pub(super) struct Averages(Kept);

impl Averages {
    pub(super) fn new(roots: &Roots) -> Self {
        Self(Kept::new(roots.in_proc("loadavg")))
    }
}

impl Collector for Averages {
    fn read(&mut self, sample: &mut Sample, text: &mut Vec<u8>, _: &mut Vec<Error>) -> Result<Found, Error> {
        sample.load = Some(parse(self.0.read(text)?)?);
        Ok(Found::Source)
    }
}

/// The text of `/proc/loadavg`: three averages, then `running/existing` tasks, then the last process id.
pub fn parse(text: &str) -> Result<Load, Error> {
    let mut fields = text.split_ascii_whitespace();
    let mut average = || {
        let value = fields.next()?.parse().ok();
        value.filter(|average: &f64| average.is_finite() && *average >= 0.0)
    };
    let (Some(one), Some(five), Some(fifteen)) = (average(), average(), average()) else {
        return Err(Error::line(FILE, text));
    };
    let (running, existing) = fields.next().and_then(|field| field.split_once('/')).unzip();
    Ok(Load {
        one,
        five,
        fifteen,
        tasks_running: running.and_then(|count| count.parse().ok()),
        tasks: existing.and_then(|count| count.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_and_tasks() {
        let load = parse("2.37 2.09 1.42 6/110 7244\n").unwrap();
        let expected = Load { one: 2.37, five: 2.09, fifteen: 1.42, tasks_running: Some(6), tasks: Some(110) };
        assert_eq!(load, expected);
    }

    #[test]
    fn tasks_may_be_missing_but_averages_may_not() {
        assert_eq!(parse("0.00 0.01 0.05").unwrap().tasks, None);
        assert_eq!(parse("0.00 0.01").unwrap_err().to_string(), "malformed /proc/loadavg: `0.00 0.01`");
        assert!(parse("inf 0 0 1/1 1").is_err());
    }
}
