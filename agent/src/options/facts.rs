//! What a person says of the host: its name and its tags, by the rules of the model.

use siskin_platform::model::{Tags, hostname_fault, tag_fault};

use crate::settings::Given;

/// The name that people see, in place of the kernel's.
pub fn hostname(given: Given) -> Result<String, String> {
    match hostname_fault(&given.value) {
        Some(fault) => Err(format!("{}: a hostname {fault}, got {:?}", given.from, given.value)),
        None => Ok(given.value),
    }
}

/// `NAME=VALUE`, several with commas between, however many times.
pub fn tags(all: &[Given]) -> Result<Tags, String> {
    let mut tags = Tags::new();
    for given in all {
        for pair in given.value.split(',') {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| given.wrong("expected NAME=VALUE, several with commas between"))?;
            if tags.insert(name.trim().to_owned(), value.trim().to_owned()).is_some() {
                return Err(format!("{}: the tag {:?} is given twice", given.from, name.trim()));
            }
        }
    }
    match (tag_fault(&tags), all.last()) {
        (Some(fault), Some(given)) => Err(format!("{}: {fault}", given.from)),
        _ => Ok(tags),
    }
}
