//! Who has the pen: it is at hand, or away with what it writes.

use std::thread::JoinHandle;

use super::pen::Pen;
use crate::store::StoreError;

type Outcome = Result<(), StoreError>;
type Back = (Box<Pen>, Outcome);

/// None only while it changes hands, or when its thread has died.
pub struct Hand(Option<Holds>);

enum Holds {
    Here(Box<Pen>),
    Away(JoinHandle<Back>),
}

impl Hand {
    pub fn new(pen: Pen) -> Self {
        Hand(Some(Holds::Here(Box::new(pen))))
    }

    /// The pen, which is waited for, and how its work went if it comes back from some.
    pub fn wait(&mut self) -> Result<(&mut Pen, Option<Outcome>), StoreError> {
        let (pen, result) = match self.0.take() {
            Some(Holds::Here(pen)) => (pen, None),
            Some(Holds::Away(thread)) => {
                let (pen, result) = thread.join().map_err(|_| lost())?;
                (pen, Some(result))
            }
            None => return Err(lost()),
        };
        match self.0.insert(Holds::Here(pen)) {
            Holds::Here(pen) => Ok((pen, result)),
            Holds::Away(_) => unreachable!("it was put here"),
        }
    }

    /// Whether it is away and not done.
    pub fn is_busy(&self) -> bool {
        matches!(&self.0, Some(Holds::Away(thread)) if !thread.is_finished())
    }

    /// Sends it away with some work, once it is at hand.
    pub fn send(&mut self, work: impl FnOnce(&mut Pen) -> Outcome + Send + 'static) -> Outcome {
        let Some(Holds::Here(mut pen)) = self.0.take() else { return Err(lost()) };
        let away = move || {
            let result = work(&mut pen);
            (pen, result)
        };
        let thread = std::thread::Builder::new().name("pen".into()).spawn(away);
        self.0 = Some(Holds::Away(thread.map_err(|error| StoreError::Fatal(format!("cannot write: {error}")))?));
        Ok(())
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // Nobody may open the files anew while it writes.
        if let Some(Holds::Away(thread)) = self.0.take() {
            let _ = thread.join();
        }
    }
}

fn lost() -> StoreError {
    StoreError::Fatal("the thread that writes samples has died".into())
}
