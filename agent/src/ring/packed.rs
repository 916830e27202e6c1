//! Samples that have waited for a while, many in one deflated block: they resemble each other, and shrink to a tenth.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use siskin_platform::model::Clock;

use crate::text::Text;

/// The fastest level: it takes half of the best one's time for a tenth more bytes.
const LEVEL: u8 = 1;

/// Some samples with consecutive numbers.
pub struct Packed {
    first_seq: u64,
    clocks: Vec<Clock>,
    /// One a line: the JSON of a sample is one line.
    deflated: Vec<u8>,
}

impl Packed {
    /// Packs samples whose numbers are consecutive. `None` where there are none.
    pub fn new(samples: &[Text]) -> Option<Self> {
        let first_seq = samples.first()?.seq;
        let lines: Vec<&str> = samples.iter().map(|text| text.json.as_str()).collect();
        let mut deflated = compress_to_vec(lines.join("\n").as_bytes(), LEVEL);
        deflated.shrink_to_fit();
        Some(Self { first_seq, clocks: samples.iter().map(|text| text.at).collect(), deflated })
    }

    /// The samples again.
    pub fn unpack(&self) -> Vec<Text> {
        let lines = decompress_to_vec(&self.deflated).expect("it was deflated here and has lain in memory since");
        let lines = String::from_utf8(lines).expect("it was made of text");
        let texts = lines.split('\n').zip(&self.clocks).zip(self.first_seq..);
        texts.map(|((json, at), seq)| Text { seq, at: *at, json: json.to_owned() }).collect()
    }

    /// Samples in it.
    pub fn len(&self) -> usize {
        self.clocks.len()
    }

    /// The number of its first sample.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The number of its last sample.
    pub fn last_seq(&self) -> u64 {
        self.first_seq + self.clocks.len() as u64 - 1
    }

    /// Bytes of memory that it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + size_of_val(&self.clocks[..]) + self.deflated.len()
    }
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::{Disk, Load, Sample};

    use super::*;

    #[test]
    fn samples_come_back_as_they_were() {
        let sample = |seq: u64| Sample {
            at: Clock { unix_ms: seq as i64, boottime_ms: Some(seq) },
            load: Some(Load { one: seq as f64, ..Load::default() }),
            disks: vec![Disk { reads_total: seq, ..Disk::default() }; 3],
            ..Sample::default()
        };
        let texts: Vec<_> = (5..37).map(|seq| Text::of(seq, &sample(seq))).collect();
        let packed = Packed::new(&texts).unwrap();
        assert_eq!(packed.unpack(), texts);
        assert_eq!((packed.len(), packed.last_seq()), (32, 36));
        let plain: usize = texts.iter().map(|text| text.json.len()).sum();
        assert!(packed.weight() < plain / 5, "{} of {plain}", packed.weight());
        assert!(Packed::new(&[]).is_none());
    }
}
