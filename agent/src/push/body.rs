//! The body of a push: the batch as the model writes it, with samples that are text already. Pure.

use siskin_platform::model::Batch;

use crate::text::Text;

/// The JSON of a batch with these samples in place of its own, which are the last of its fields.
pub fn body(envelope: &Batch, samples: &[Text]) -> Result<Vec<u8>, serde_json::Error> {
    let mut body = serde_json::to_vec(envelope)?;
    debug_assert!(body.ends_with(b"\"samples\":[]}"));
    body.truncate(body.len() - 2);
    for (index, text) in samples.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend(text.json.as_bytes());
    }
    body.extend(b"]}");
    Ok(body)
}

#[cfg(test)]
mod tests {
    use siskin_platform::model::{Agent, Clock, Host, Sample};

    use super::*;

    #[test]
    fn the_body_is_the_batch_as_the_model_writes_it() {
        for samples in 0..3 {
            let samples: Vec<_> =
                (0..samples).map(|n| Sample { uptime_seconds: Some(n.into()), ..Sample::default() }).collect();
            let texts: Vec<_> = samples.iter().map(|sample| Text::of(1, sample)).collect();
            let (agent, host, sent_at) = (Agent::default(), Host::default(), Clock::default());
            let envelope = Batch { agent, host, stream: 7, first_seq: 5, sent_at, samples: Vec::new() };
            let expected = serde_json::to_vec(&Batch { samples, ..envelope.clone() }).unwrap();
            assert_eq!(body(&envelope, &texts).unwrap(), expected);
        }
    }
}
