//! Prometheus' text format, as people write it by hand and with scripts: strict, so that a slip is told and not guessed at.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::model::{Custom, Family, FamilyKind};

/// The most series of one file.
const LIMIT_SERIES: usize = 2000;
/// The longest name with its labels, bytes. The server takes 4096.
const LIMIT_SERIES_BYTES: usize = 1024;
/// The most labels of one series.
const LIMIT_LABELS: usize = 32;
/// The longest text of a `HELP` line, bytes.
const LIMIT_HELP_BYTES: usize = 1024;
/// The longest piece of a line that a fault carries, characters.
const EXCERPT_CHARS: usize = 80;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it, in at most 1024 bytes without control characters.
    pub found: String,
}

/// The series of a text, in its order, each with its family. One fault refuses the whole text: half of a file that is
/// being written would look like a whole one.
pub fn parse(text: &str) -> Result<Vec<Custom>, Fault> {
    let mut drafts = Drafts::default();
    let mut all: Vec<(Custom, String)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let fault = |found: String| Fault { line: index + 1, found };
        let Some(line) = line.strip_suffix('\n') else {
            let found = "the last line has no end: is the file still being written? write to another name, then rename";
            return Err(fault(found.to_owned()));
        };
        let line = line.trim_matches([' ', '\t']);
        if let Some(comment) = line.strip_prefix('#') {
            drafts.comment(comment).map_err(fault)?;
        } else if !line.is_empty() {
            let (custom, family) = sample(line, &mut drafts).map_err(fault)?;
            if all.len() == LIMIT_SERIES {
                return Err(fault(format!("more than {LIMIT_SERIES} series")));
            }
            if !seen.insert(custom.series.clone()) {
                return Err(fault(format!("{} is there twice", shown(&custom.series))));
            }
            all.push((custom, family));
        }
    }
    let families = drafts.finish();
    let with_family = |(custom, family): (Custom, String)| Custom { family: families.get(&family).cloned(), ..custom };
    Ok(all.into_iter().map(with_family).collect())
}

/// Families, as far as their lines have been read.
#[derive(Default)]
struct Drafts(BTreeMap<String, Draft>);

#[derive(Default)]
struct Draft {
    kind: Option<FamilyKind>,
    help: Option<String>,
    has_series: bool,
}

impl Drafts {
    /// What follows a `#`: nothing that matters, unless it is a `HELP` or a `TYPE`.
    fn comment(&mut self, comment: &str) -> Result<(), String> {
        let (word, rest) = split(comment);
        if word != "HELP" && word != "TYPE" {
            return Ok(());
        }
        let (name, rest) = split(rest);
        if name_length(name, true) != name.len() || name.is_empty() {
            return Err(format!("{word} of {:?}, which is no name of a metric", excerpt(name)));
        }
        if name.len() > LIMIT_SERIES_BYTES {
            return Err(format!("a name of more than {LIMIT_SERIES_BYTES} bytes"));
        }
        let draft = self.0.entry(name.to_owned()).or_default();
        if word == "HELP" {
            if draft.help.is_some() {
                return Err(format!("a second HELP of {}", excerpt(name)));
            }
            if rest.len() > LIMIT_HELP_BYTES {
                return Err(format!("HELP of {} has more than {LIMIT_HELP_BYTES} bytes", excerpt(name)));
            }
            check_escapes(rest, &['\\', 'n']).map_err(|found| format!("HELP of {} has {found}", excerpt(name)))?;
            draft.help = Some(rest.to_owned());
        } else {
            if draft.kind.is_some() {
                return Err(format!("a second TYPE of {}", excerpt(name)));
            }
            if draft.has_series {
                return Err(format!("TYPE of {} stands below its series: it must stand above", excerpt(name)));
            }
            draft.kind = Some(kind(rest).ok_or_else(|| {
                let expected = "counter, gauge, histogram, summary or untyped";
                format!("TYPE of {}: expected {expected}, found {:?}", excerpt(name), excerpt(rest))
            })?);
        }
        Ok(())
    }

    /// The family that a series of this name belongs to, and whether it only grows.
    fn family(&mut self, name: &str, labels: &[(&str, &str)]) -> Result<(String, bool), String> {
        let has = |label: &str| labels.iter().any(|(name, _)| *name == label);
        for suffix in ["_bucket", "_sum", "_count"] {
            let Some(family) = name.strip_suffix(suffix) else { continue };
            match self.0.get(family).and_then(|draft| draft.kind) {
                Some(FamilyKind::Histogram) => {}
                Some(FamilyKind::Summary) if suffix != "_bucket" => {}
                _ => continue,
            }
            if suffix == "_bucket" && !has("le") {
                return Err(format!("{} has no label le", excerpt(name)));
            }
            self.mark(family);
            return Ok((family.to_owned(), true));
        }
        let kind = self.0.get(name).and_then(|draft| draft.kind).unwrap_or_default();
        match kind {
            FamilyKind::Histogram => {
                let name = excerpt(name);
                Err(format!("{name} is a histogram, which has {name}_bucket, _sum and _count only"))
            }
            FamilyKind::Summary if !has("quantile") => {
                Err(format!("{} is a summary and has no label quantile", excerpt(name)))
            }
            _ => {
                self.mark(name);
                Ok((name.to_owned(), kind == FamilyKind::Counter))
            }
        }
    }

    fn mark(&mut self, family: &str) {
        match self.0.get_mut(family) {
            Some(draft) => draft.has_series = true,
            None => drop(self.0.insert(family.to_owned(), Draft { has_series: true, ..Draft::default() })),
        }
    }

    fn finish(self) -> BTreeMap<String, Arc<Family>> {
        let finish = |(name, draft): (String, Draft)| {
            let family = Family { name: name.clone(), kind: draft.kind.unwrap_or_default(), help: draft.help };
            (name, Arc::new(family))
        };
        self.0.into_iter().map(finish).collect()
    }
}

fn kind(word: &str) -> Option<FamilyKind> {
    use FamilyKind::{Counter, Gauge, Histogram, Summary, Untyped};
    [Counter, Gauge, Histogram, Summary, Untyped].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(word))
}

/// A line `name{labels} value`, and the name of its family.
fn sample(line: &str, drafts: &mut Drafts) -> Result<(Custom, String), String> {
    let (name, rest) = line.split_at(name_length(line, true));
    if name.is_empty() {
        return Err(format!("expected the name of a metric, found {:?}", excerpt(line)));
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest).map_err(|found| format!("{}: {found}", excerpt(name)))?,
        None => (Vec::new(), rest),
    };
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = words.next().ok_or_else(|| format!("{} has no value", excerpt(name)))?;
    let value: f64 =
        value.parse().map_err(|_| format!("the value of {} is no number: {:?}", excerpt(name), excerpt(value)))?;
    if let Some(time) = words.next() {
        let found = excerpt(time);
        return Err(format!("after the value of {} stands {found:?}: a time is not taken here", excerpt(name)));
    }
    let mut series = name.to_owned();
    for (index, (label, text)) in labels.iter().enumerate() {
        series.push(if index == 0 { '{' } else { ',' });
        series.extend([label, "=\"", text, "\""]);
    }
    if !labels.is_empty() {
        series.push('}');
    }
    if series.len() > LIMIT_SERIES_BYTES {
        return Err(format!("{} and its labels have more than {LIMIT_SERIES_BYTES} bytes", excerpt(name)));
    }
    let (family, only_grows) = drafts.family(name, &labels)?;
    let (value, value_total) = if only_grows { (None, Some(value)) } else { (Some(value), None) };
    Ok((Custom { series, value, value_total, family: None }, family))
}

/// Names and texts of labels.
type Labels<'a> = Vec<(&'a str, &'a str)>;

/// The labels up to the brace that closes them, sorted, their texts escaped as they are, and what follows it.
fn labels(mut rest: &str) -> Result<(Labels<'_>, &str), String> {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, after) = rest.split_at(name_length(rest, false));
        if name.is_empty() {
            return Err(format!("expected the name of a label or }}, found {:?}", excerpt(rest)));
        }
        if name == "__name__" {
            return Err("a label __name__, which is reserved".to_owned());
        }
        let blank = [' ', '\t'];
        let after = after.trim_start_matches(blank).strip_prefix('=').map(|after| after.trim_start_matches(blank));
        let text = after.and_then(|after| after.strip_prefix('"'));
        let text = text.ok_or_else(|| format!("expected =\" after label {}", excerpt(name)))?;
        let end = closing_quote(text).ok_or_else(|| format!("label {} has no closing \"", excerpt(name)))?;
        check_escapes(&text[..end], &['\\', '"', 'n'])
            .map_err(|found| format!("label {} has {found}", excerpt(name)))?;
        if labels.len() == LIMIT_LABELS {
            return Err(format!("more than {LIMIT_LABELS} labels"));
        }
        let place = labels.partition_point(|(other, _)| *other < name);
        if labels.get(place).is_some_and(|(other, _)| *other == name) {
            return Err(format!("two labels {}", excerpt(name)));
        }
        labels.insert(place, (name, &text[..end]));
        rest = text[end + 1..].trim_start_matches([' ', '\t']);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err(format!("expected , or }} after label {}", excerpt(name))),
        }
    }
}

/// How many bytes of a text are a name: of a metric, which may have colons, or of a label.
fn name_length(text: &str, of_metric: bool) -> usize {
    let fits = |(index, byte): (usize, u8)| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
        b'0'..=b'9' => index > 0,
        b':' => of_metric,
        _ => false,
    };
    text.bytes().enumerate().take_while(|at| fits(*at)).count()
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

fn check_escapes(text: &str, known: &[char]) -> Result<(), String> {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            match letters.next() {
                Some(escaped) if known.contains(&escaped) => {}
                Some(escaped) => {
                    return Err(format!("an unknown escape \\{}: write a backslash as \\\\", escaped.escape_debug()));
                }
                None => return Err("a \\ at its end: write a backslash as \\\\".to_owned()),
            }
        }
    }
    Ok(())
}

/// The first word, and what follows the space after it.
fn split(text: &str) -> (&str, &str) {
    let blank = [' ', '\t'];
    let text = text.trim_start_matches(blank);
    let (word, rest) = text.split_once(blank).unwrap_or((text, ""));
    (word, rest.trim_start_matches(blank))
}

/// The beginning of a name, or of what is quoted.
fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARS).collect()
}

/// The beginning of a series as a person can read it: its labels may hold anything, such as what moves a cursor.
pub(super) fn shown(series: &str) -> String {
    let mut shown = String::new();
    for letter in series.chars().take(EXCERPT_CHARS) {
        match letter {
            '"' | '\'' | '\\' => shown.push(letter),
            _ => shown.extend(letter.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
