//! Which collectors read.

use super::registry::ENTRIES;

/// A choice among the collectors. All of them, unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    off: Vec<&'static str>,
}

impl Selection {
    /// Those of the list, and no others: `cpu,memory`. The error names what is no collector.
    pub fn only(list: &str) -> Result<Self, String> {
        let on = parse(list)?;
        let off = ENTRIES.iter().map(|entry| entry.name).filter(|name| !on.contains(name));
        Ok(Self { off: off.collect() })
    }

    /// Leaves those of the list out, beside what is left out already.
    pub fn without(mut self, list: &str) -> Result<Self, String> {
        self.off.extend(parse(list)?);
        Ok(self)
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
        found.ok_or_else(|| {
            let all: Vec<_> = collectors().map(|(name, _)| name).collect();
            format!("there is no collector {name:?}; there are {}", all.join(", "))
        })
    };
    names.map(known).collect()
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
    fn names_are_told_apart() {
        let names: std::collections::BTreeSet<_> = collectors().map(|(name, _)| name).collect();
        assert_eq!(names.len(), ENTRIES.len());
    }
}
