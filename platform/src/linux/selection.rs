//! Which collectors read.

use super::registry::ENTRIES;

/// A choice among the collectors. All of them, unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    off: Vec<&'static str>,
}

impl Selection {
    /// None of them.
    pub fn none() -> Self {
        Self { off: ENTRIES.iter().map(|entry| entry.name).collect() }
    }

    /// Those of the list, and no others: `cpu,memory`. The error names what is no collector, or says that there is none.
    pub fn only(list: &str) -> Result<Self, String> {
        let on = parse(list)?;
        let off = ENTRIES.iter().map(|entry| entry.name).filter(|name| !on.contains(name));
        Ok(Self { off: off.collect() })
    }

    /// Leaves those of the list out, beside what is left out already. An error if none is left.
    pub fn without(mut self, list: &str) -> Result<Self, String> {
        self.off.extend(parse(list)?);
        if collectors().any(|(name, _)| self.has(name)) { Ok(self) } else { Err("no collector is left".to_owned()) }
    }

    /// Whether a collector reads.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.off.contains(&name)
    }
}

/// Each collector's name, and what it reads.
pub fn collectors() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENTRIES.iter().map(|entry| (entry.name, entry.about))
}

fn parse(list: &str) -> Result<Vec<&'static str>, String> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = |name: &str| {
        let found = ENTRIES.iter().find(|entry| entry.name == name).map(|entry| entry.name);
        found.ok_or_else(|| format!("there is no collector {name:?}; there are {}", all()))
    };
    let names = names.map(known).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() { Err(format!("no collector is named; there are {}", all())) } else { Ok(names) }
}

fn all() -> String {
    collectors().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(selection: &Selection) -> Vec<&'static str> {
        collectors().map(|(name, _)| name).filter(|name| selection.has(name)).collect()
    }

    #[test]
    fn only_these_or_all_but_those() {
        assert_eq!(on(&Selection::default()).len(), ENTRIES.len());
        assert_eq!(on(&Selection::only("memory, cpu,").unwrap()), ["cpu", "memory"]);
        assert_eq!(on(&Selection::only("memory,cpu").unwrap().without("cpu").unwrap()), ["memory"]);
        assert_eq!(on(&Selection::default().without("cpu,raid").unwrap()).len(), ENTRIES.len() - 2);
    }

    #[test]
    fn what_is_no_collector_is_named() {
        let error = Selection::only("cpu,tachyons").unwrap_err();
        assert!(error.starts_with("there is no collector \"tachyons\"; there are uptime, cpu, "), "{error}");
    }

    #[test]
    fn a_choice_of_nothing_is_a_mistake() {
        for list in ["", ",", " , "] {
            let error = Selection::only(list).unwrap_err();
            assert!(error.starts_with("no collector is named; there are uptime, cpu, "), "{error}");
            assert_eq!(Selection::default().without(list).unwrap_err(), error);
        }
        assert_eq!(Selection::only("cpu").unwrap().without("cpu").unwrap_err(), "no collector is left");
        assert_eq!(on(&Selection::none()), [""; 0]);
    }

    #[test]
    fn names_are_told_apart() {
        let names: std::collections::BTreeSet<_> = collectors().map(|(name, _)| name).collect();
        assert_eq!(names.len(), ENTRIES.len());
    }
}
