//! Where a metric of the catalog appears on the page.

use super::writer::Value;

/// Where a metric appears. It does so once.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// As node_exporter has it.
    Node(Family),
    /// In one of the families that its noun writes by itself, named here for the test that looks for each metric.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that looks for each metric"))]
    Told(&'static [&'static str]),
    /// Under a name of our own, made from the catalog's.
    Own,
}

impl Place {
    /// The same, with this label on each line.
    pub fn label(self, name: &'static str, value: &'static str) -> Self {
        self.with(|family| family.label = Some((name, value)))
    }

    /// The same, in node_exporter's unit.
    pub fn scale(self, scale: Scale) -> Self {
        self.with(|family| family.scale = scale)
    }

    /// The same, for several metrics that share a family: what they are together.
    pub fn help(self, help: &'static str) -> Self {
        self.with(|family| family.help = Some(help))
    }

    fn with(mut self, change: impl FnOnce(&mut Family)) -> Self {
        if let Place::Node(family) = &mut self {
            change(family);
        }
        self
    }
}

/// A gauge or a counter of node_exporter's, as the catalog's kind says.
pub fn node(name: &'static str) -> Place {
    Place::Node(Family { name, is_untyped: false, scale: Scale::Same, label: None, help: None })
}

/// A family that node_exporter gives no type.
pub fn untyped(name: &'static str) -> Place {
    Place::Node(Family { name, is_untyped: true, scale: Scale::Same, label: None, help: None })
}

/// A family of node_exporter's.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Whether it has no type.
    pub is_untyped: bool,
    /// From our unit to node_exporter's.
    pub scale: Scale,
    /// A label of all its lines for this metric.
    pub label: Option<(&'static str, &'static str)>,
    /// What it is, where the catalog's words are not enough.
    pub help: Option<&'static str>,
}

/// From our unit to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// The same unit.
    Same,
    /// So many of ours make one, as bytes a page.
    Per(u64),
    /// Percent, which were whole.
    Percent,
    /// Watt-hours or ampere-hours, which were whole millionths.
    Hours,
    /// A deviation from 1.
    OnePlus,
}

impl Scale {
    /// The value in the other unit.
    pub fn of(self, value: Value) -> Value {
        match (self, value) {
            (Scale::Per(unit), Value::Integer(number)) if number % unit == 0 => Value::Integer(number / unit),
            (Scale::Same, value) => value,
            (_, Value::Integer(number)) => self.of(Value::Real(number as f64)),
            (Scale::Per(unit), Value::Real(number)) => Value::Real(number / unit as f64),
            (Scale::Percent, Value::Real(number)) => Value::Real((number * 100.0).round()),
            (Scale::Hours, Value::Real(number)) => Value::Real((number / 3600.0 * 1e6).round() / 1e6),
            (Scale::OnePlus, Value::Real(number)) => Value::Real(1.0 + number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_were_converted_come_back_exactly() {
        assert_eq!(Scale::Per(4096).of(Value::Integer(71 * 4096)), Value::Integer(71));
        assert_eq!(Scale::Per(8).of(Value::Integer(12)), Value::Real(1.5));
        for percent in 0..=100_u32 {
            assert_eq!(Scale::Percent.of(Value::Real(f64::from(percent) / 100.0)), Value::Real(percent.into()));
        }
        for micro in [1.0, 11_123_457.0, 31_000_001.0, 56_160_000.0] {
            assert_eq!(Scale::Hours.of(Value::Real(micro * 3600.0 / 1e6)), Value::Real(micro / 1e6));
        }
        assert_eq!(Scale::OnePlus.of(Value::Real(-0.5)), Value::Real(0.5));
    }
}
