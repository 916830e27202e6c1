//! Rows and texts that are written over in place, so that a reading like the one before allocates nothing.

/// The rows of one reading, written over those of another. What is left of the other goes when this is dropped.
pub(super) struct Rows<'a, T> {
    rows: &'a mut Vec<T>,
    used: usize,
}

impl<'a, T: Default> Rows<'a, T> {
    /// Begins with the first row.
    pub(super) fn over(rows: &'a mut Vec<T>) -> Self {
        Self { rows, used: 0 }
    }

    /// One more row. It holds what an earlier reading put there.
    pub(super) fn add(&mut self) -> &mut T {
        if self.used == self.rows.len() {
            self.rows.push(T::default());
        }
        self.used += 1;
        &mut self.rows[self.used - 1]
    }

    /// Takes the row back that was added last.
    pub(super) fn take_back(&mut self) {
        self.used = self.used.saturating_sub(1);
    }
}

impl<T> Drop for Rows<'_, T> {
    fn drop(&mut self) {
        self.rows.truncate(self.used);
    }
}

/// Writes a text over another.
pub(super) fn put(place: &mut String, text: &str) {
    if place != text {
        place.clear();
        place.push_str(text);
    }
}

/// Writes a text, or none, over another.
pub(super) fn put_option(place: &mut Option<String>, text: Option<&str>) {
    match text {
        Some(text) => put(place.get_or_insert_default(), text),
        None => *place = None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_and_the_rest_goes() {
        let mut all = vec!["one".to_owned(), "two".to_owned(), "three".to_owned()];
        let address = all[0].as_ptr();
        let mut rows = Rows::over(&mut all);
        put(rows.add(), "uno");
        put(rows.add(), "due");
        rows.take_back();
        drop(rows);
        assert_eq!((all[0].as_ptr(), all.as_slice()), (address, &["uno".to_owned()][..]));
        Rows::over(&mut all).add();
        let mut rows = Rows::over(&mut all);
        rows.add();
        put(rows.add(), "new");
        drop(rows);
        assert_eq!(all, ["uno", "new"]);
    }
}
