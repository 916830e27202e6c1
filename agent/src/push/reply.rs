//! What a server's reply means for the samples that were sent. Pure.

use std::time::Duration;

use serde::Deserialize;

/// The part of a reply that matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// `Retry-After` in seconds. The form with a date is taken as absent.
    pub retry_after: Option<Duration>,
    /// The beginning of the body.
    pub text: String,
}

/// The body of an acknowledgement.
#[derive(Deserialize)]
struct Acknowledged<'a> {
    status: &'a str,
}

/// The body of an error. A text with escapes in it is shown as it came.
#[derive(Deserialize)]
struct Refusal<'a> {
    error: &'a str,
}

/// What to do with the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Durable: forget them.
    Stored,
    /// Send them again, at the earliest after the time the server asks for.
    Retry(Option<Duration>),
    /// Send fewer at a time.
    TooLarge,
    /// Nothing is wrong with them, but this server takes nothing from this agent until a person acts.
    Blocked,
    /// The server will never take them.
    Refused,
}

impl Reply {
    /// Reads the status. 404, 405 and redirections speak of the address, not of the samples: no sample is lost to a
    /// mistyped URL, a proxy under repair or a server that has moved. So does a success in other words than a Siskin
    /// server's: a login page comes with status 200.
    pub fn verdict(&self) -> Verdict {
        match self.status {
            200..300 if self.is_acknowledgement() => Verdict::Stored,
            408 | 429 | 500.. => Verdict::Retry(self.retry_after),
            413 => Verdict::TooLarge,
            200..400 | 401 | 403 | 404 | 405 | 407 => Verdict::Blocked,
            400..500 => Verdict::Refused,
            0..200 => Verdict::Retry(None),
        }
    }

    /// `{"status":"ok",…}`, which a Siskin server says when the samples are durable.
    fn is_acknowledgement(&self) -> bool {
        serde_json::from_str::<Acknowledged>(&self.text).is_ok_and(|body| body.status == "ok")
    }

    /// The server's own words, `{"error":"…"}` unwrapped.
    pub fn error(&self) -> String {
        let refusal = serde_json::from_str::<Refusal>(&self.text).ok();
        refusal.map_or(self.text.as_str(), |refusal| refusal.error).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16) -> Verdict {
        Reply { status, retry_after: Some(Duration::from_secs(3)), text: r#"{"status":"ok"}"#.into() }.verdict()
    }

    #[test]
    fn a_success_in_other_words_is_no_acknowledgement() {
        let verdict = |text: &str| Reply { status: 200, text: text.to_owned(), ..Reply::default() }.verdict();
        assert_eq!(verdict(r#"{"status":"ok","stored":3,"duplicates":0}"#), Verdict::Stored);
        for text in ["", "ok", "<html>login</html>", "{}", r#"{"status":"queued"}"#, r#"{"status":"ok""#] {
            assert_eq!(verdict(text), Verdict::Blocked, "{text}");
        }
    }

    #[test]
    fn every_status_has_its_verdict() {
        let asked = Verdict::Retry(Some(Duration::from_secs(3)));
        for (statuses, expected) in [
            (&[200, 202, 204][..], Verdict::Stored),
            (&[408, 429, 500, 502, 503, 504, 599], asked),
            (&[413], Verdict::TooLarge),
            (&[301, 308, 401, 403, 404, 405, 407], Verdict::Blocked),
            (&[400, 409, 415, 422, 431], Verdict::Refused),
            (&[101], Verdict::Retry(None)),
        ] {
            for &status in statuses {
                assert_eq!(verdict(status), expected, "{status}");
            }
        }
    }

    #[test]
    fn the_servers_words_are_found() {
        let error = |text: &str| Reply { text: text.to_owned(), ..Reply::default() }.error();
        assert_eq!(error(r#"{"error":"Missing fields: a"}"#), "Missing fields: a");
        assert_eq!(error("<html>Bad Gateway</html>\n"), "<html>Bad Gateway</html>");
        assert_eq!(error(r#"{"error":7}"#), r#"{"error":7}"#);
    }
}
