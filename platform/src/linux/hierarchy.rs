//! The tree of control groups (cgroup v2), walked anew for each reading: groups come and go with what runs in them.

use super::{
    Error, Roots,
    scratch::{self, Trail},
};

/// How deep groups are looked for. A container of a pod or of a user's session lies six deep.
const DEPTH: usize = 8;

/// The most groups whose children are listed in one walk. A pod has one, a user's session five.
const LISTED: usize = 1024;

/// The most of the names that wait to be shown, bytes.
const NAMES_BYTES: usize = 1 << 20;

/// The tree, and memory to walk it in.
pub(super) struct Hierarchy {
    trail: Trail,
    /// Names of groups not yet shown, each with a slash behind it, which is in no name.
    names: String,
    listed: usize,
    is_cut: bool,
}

/// One group on the way.
pub(super) struct Group<'a> {
    /// Where its files are.
    pub trail: &'a mut Trail,
    /// Memory for the text of a file.
    pub text: &'a mut Vec<u8>,
    root: usize,
    name: usize,
}

impl Group<'_> {
    /// Its path in the tree, such as `/system.slice/ssh.service`.
    pub(super) fn path(&self) -> &str {
        self.trail.from(self.root).unwrap_or_default()
    }

    /// The last part of that.
    pub(super) fn name(&self) -> &str {
        self.trail.from(self.name).unwrap_or_default()
    }
}

impl Hierarchy {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { trail: Trail::new(&roots.in_sys("fs/cgroup")), names: String::new(), listed: 0, is_cut: false }
    }

    /// Shows each group but the root, and those below it if it is told to go on. Nothing where there is no cgroup v2.
    pub(super) fn walk(
        &mut self,
        text: &mut Vec<u8>,
        odd: &mut Vec<Error>,
        visit: &mut dyn FnMut(&mut Group<'_>) -> bool,
    ) {
        let Some(before) = self.find() else { return };
        let root = self.trail.path().as_os_str().len();
        (self.listed, self.is_cut) = (0, false);
        self.names.clear();
        self.children(0, root, text, visit);
        self.trail.back(before);
        if self.is_cut {
            odd.push(Error::TooMany { what: "control groups", limit: LISTED });
        }
    }

    /// Goes to the root of cgroup v2, which on hosts in transition lies beside the trees of v1.
    fn find(&mut self) -> Option<usize> {
        for directory in ["", "/unified"] {
            let before = self.trail.push(format_args!("{directory}"));
            let file = self.trail.push(format_args!("/cgroup.controllers"));
            let is_there = self.trail.path().exists();
            self.trail.back(file);
            if is_there {
                return Some(before);
            }
            self.trail.back(before);
        }
        None
    }

    fn children(
        &mut self,
        depth: usize,
        root: usize,
        text: &mut Vec<u8>,
        visit: &mut dyn FnMut(&mut Group<'_>) -> bool,
    ) {
        if depth == DEPTH || self.listed == LISTED {
            self.is_cut = true;
            return;
        }
        self.listed += 1;
        let start = self.names.len();
        let names = &mut self.names;
        // A group that ends just now has no children.
        let _ = scratch::directories(self.trail.path(), text, |name| {
            names.push_str(name);
            names.push('/');
            names.len() < NAMES_BYTES
        });
        self.is_cut |= self.names.len() >= NAMES_BYTES;
        let mut at = start;
        while let Some(length) = self.names[at..].find('/') {
            let before = self.trail.push(format_args!("/{}", &self.names[at..at + length]));
            at += length + 1;
            if visit(&mut Group { trail: &mut self.trail, text, root, name: before + 1 }) {
                self.children(depth + 1, root, text, visit);
            }
            self.trail.back(before);
        }
        self.names.truncate(start);
    }
}
