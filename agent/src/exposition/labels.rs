//! Label sets as they stand between the braces of a line, escaped. Written once a row, used in each of its lines.

/// The labels of one row.
#[derive(Debug, Default)]
pub struct Labels {
    text: Vec<u8>,
}

impl Labels {
    /// Adds a label.
    pub fn add(&mut self, name: &str, value: &str) {
        if value.contains(['\\', '"', '\n']) {
            return self.add_chars(name, value.chars());
        }
        self.add_chars(name, std::iter::empty());
        self.text.pop();
        self.text.extend_from_slice(value.as_bytes());
        self.text.push(b'"');
    }

    /// Adds a label whose value comes piece by piece.
    pub fn add_chars(&mut self, name: &str, value: impl Iterator<Item = char>) {
        if !self.text.is_empty() {
            self.text.push(b',');
        }
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"=\"");
        for letter in value {
            match letter {
                '\\' => self.text.extend_from_slice(b"\\\\"),
                '"' => self.text.extend_from_slice(b"\\\""),
                '\n' => self.text.extend_from_slice(b"\\n"),
                letter => self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.text.push(b'"');
    }

    /// Adds a label that is a number.
    pub fn add_number(&mut self, name: &str, value: u64) {
        let digits = (0..=value.checked_ilog10().unwrap_or(0)).rev();
        self.add_chars(name, digits.map(|place| char::from(b'0' + (value / 10_u64.pow(place) % 10) as u8)));
    }

    /// Adds a label, if there is something to say.
    pub fn add_known(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// As they are written.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// Begins anew with labels written earlier.
    pub fn set(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_is_escaped() {
        let mut labels = Labels::default();
        labels.add("mountpoint", "/a \"b\"\\c\nd/é");
        labels.add_known("none", None);
        labels.add("device", "");
        labels.add_number("cpu", 1_203);
        labels.add_number("zone", 0);
        let expected = "mountpoint=\"/a \\\"b\\\"\\\\c\\nd/é\",device=\"\",cpu=\"1203\",zone=\"0\"";
        assert_eq!(std::str::from_utf8(labels.text()).unwrap(), expected);
    }
}
