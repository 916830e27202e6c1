//! Lists and texts that are written over in place: a reading like the one before needs no memory of its own.

/// The rows of a list, written one after the other. Those of the earlier reading that are left over are cut off at the
/// end.
pub(super) struct Rows<'a, T> {
    list: &'a mut Vec<T>,
    used: usize,
}

impl<'a, T: Default> Rows<'a, T> {
    /// Begins with the first row.
    pub fn over(list: &'a mut Vec<T>) -> Self {
        Self { list, used: 0 }
    }

    /// The next row. It holds what an earlier reading left there: all of it is to be written.
    pub fn next(&mut self) -> &mut T {
        if self.used == self.list.len() {
            self.list.push(T::default());
        }
        self.used += 1;
        &mut self.list[self.used - 1]
    }

    /// Takes the last row back.
    pub fn drop_last(&mut self) {
        self.used = self.used.saturating_sub(1);
    }

    /// The rows written so far.
    pub fn written(&mut self) -> &mut [T] {
        &mut self.list[..self.used]
    }
}

impl<T> Drop for Rows<'_, T> {
    fn drop(&mut self) {
        self.list.truncate(self.used);
    }
}

/// Writes a text over another.
pub(super) fn set(text: &mut String, value: &str) {
    if text != value {
        text.clear();
        text.push_str(value);
    }
}

/// Takes a text out of a row that is about to be replaced, with its memory, and writes it over.
pub(super) fn take(text: &mut String, value: &str) -> String {
    let mut taken = std::mem::take(text);
    set(&mut taken, value);
    taken
}

/// Writes an optional text over another.
pub(super) fn set_optional(text: &mut Option<String>, value: Option<&str>) {
    match (text.as_mut(), value) {
        (Some(text), Some(value)) => set(text, value),
        (_, value) => *text = value.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_reused_and_the_rest_is_cut() {
        let mut list = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let memory = list[0].as_ptr();
        let mut rows = Rows::over(&mut list);
        set(rows.next(), "x");
        set(rows.next(), "y");
        rows.drop_last();
        assert_eq!(rows.written(), ["x"]);
        drop(rows);
        assert_eq!((list.as_slice(), list[0].as_ptr()), (&["x".to_owned()][..], memory));
        set(Rows::over(&mut list).next(), "z");
        assert_eq!(list, ["z"]);
    }

    #[test]
    fn optional_texts() {
        let mut text = Some("a".to_owned());
        set_optional(&mut text, Some("b"));
        assert_eq!(text.as_deref(), Some("b"));
        set_optional(&mut text, None);
        assert_eq!(text, None);
        set_optional(&mut text, Some("c"));
        assert_eq!(text.as_deref(), Some("c"));
    }
}
