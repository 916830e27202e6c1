//! When files are read again, and what happens where they disagree.

use std::os::unix::fs::{PermissionsExt, chown, symlink};

use super::*;
use crate::model::{Custom, Textfile};

/// A directory of the test's own, beside its binary.
fn scratch(name: &str) -> PathBuf {
    let directory = std::env::current_exe().unwrap().with_file_name("siskin-platform-textfiles").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// As people are told to write: under another name, then renamed.
fn write(directory: &Path, name: &str, text: &str) {
    let temporary = directory.join(format!("{name}.new"));
    fs::write(&temporary, text).unwrap();
    fs::rename(temporary, directory.join(name)).unwrap();
}

struct Reads {
    textfiles: Textfiles,
    sample: Sample,
}

impl Reads {
    fn of(directory: &Path) -> Self {
        Self { textfiles: Textfiles::new(Some(directory.to_owned())), sample: Sample::default() }
    }

    /// Reads, into what was read before. What is told loses the directory.
    fn read(&mut self) -> Vec<String> {
        let mut odd = Vec::new();
        let found = self.textfiles.read(&mut self.sample, &mut Vec::new(), &mut odd).unwrap();
        assert_eq!(found, Found::Source);
        odd.iter().map(|error| error.to_string().rsplit_once('/').unwrap().1.to_owned()).collect()
    }

    fn custom(&self) -> &[Custom] {
        self.sample.custom.fresh().unwrap()
    }

    fn series(&self) -> Vec<(&str, f64)> {
        self.custom().iter().map(|one| (one.series.as_str(), one.any_value().unwrap())).collect()
    }

    fn files(&self) -> Vec<(&str, u64, bool)> {
        let file = |one: &Textfile| one.modified_seconds.is_some_and(|seconds| seconds > 1e9);
        assert!(self.sample.textfiles.latest().iter().all(|one| file(one) || one.failed));
        let files = self.sample.textfiles.fresh().unwrap().iter();
        files.map(|one| (one.file.rsplit_once('/').unwrap().1, one.series, one.failed)).collect()
    }
}

#[test]
fn files_come_change_and_go() {
    let directory = scratch("come-and-go");
    let mut reads = Reads::of(&directory);
    assert_eq!((reads.read(), reads.series()), (vec![], vec![]));
    write(&directory, "b.prom", "b 1\n");
    write(&directory, "c.txt", "c 1\n");
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("b", 1.0)]));
    write(&directory, "a.prom", "a 2\n");
    write(&directory, "b.prom", "b 3\n");
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("a", 2.0), ("b", 3.0)]));
    assert_eq!(reads.files(), [("a.prom", 1, false), ("b.prom", 1, false)]);
    fs::remove_file(directory.join("a.prom")).unwrap();
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("b", 3.0)]));
    // In place, and of the same size, within a tick of the clock.
    fs::write(directory.join("b.prom"), "b 4\n").unwrap();
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("b", 4.0)]));
    fs::remove_dir_all(&directory).unwrap();
    let gone = reads.textfiles.read(&mut reads.sample, &mut Vec::new(), &mut Vec::new()).unwrap_err();
    assert_eq!(gone.to_string(), format!("cannot read {}", directory.display()));
    assert!(reads.custom().is_empty() && reads.files().is_empty());
}

#[test]
fn a_fault_costs_its_own_file_only_and_is_told_each_time() {
    let directory = scratch("faults");
    write(&directory, "good.prom", "good 1\n");
    write(&directory, "half.prom", "half 1\nha");
    write(&directory, "latin.prom", "good2 1\n");
    fs::write(directory.join("latin.prom"), b"one 1\n# HELP two \xe4\n").unwrap();
    write(&directory, "large.prom", &"# a line of a comment\n".repeat(30_000));
    fs::create_dir(directory.join("not.prom")).unwrap();
    symlink("/no/such/file", directory.join("link.prom")).unwrap();
    symlink("/dev/zero", directory.join("zero.prom")).unwrap();
    let mut reads = Reads::of(&directory);
    for _ in 0..2 {
        let told = reads.read();
        assert_eq!(told.len(), 5, "{told:?}");
        assert!(told[0].starts_with("half.prom:2: the last line has no end"), "{told:?}");
        assert_eq!(
            told[1..],
            [
                "large.prom is larger than 524288 bytes",
                "latin.prom:2: is not UTF-8",
                "not.prom: is no file",
                "zero.prom: is no file"
            ]
        );
        assert_eq!(reads.series(), [("good", 1.0)]);
        let failed = |name| (name, 0, true);
        assert_eq!(
            reads.files(),
            [
                ("good.prom", 1, false),
                failed("half.prom"),
                failed("large.prom"),
                failed("latin.prom"),
                failed("not.prom"),
                failed("zero.prom")
            ]
        );
    }
    write(&directory, "half.prom", "half 1\n");
    assert_eq!((reads.read().len(), reads.series()), (4, vec![("good", 1.0), ("half", 1.0)]));
}

#[test]
fn the_first_file_by_name_wins_and_families_stand_together() {
    let directory = scratch("merge");
    write(&directory, "1.prom", "# HELP x first\n# TYPE x gauge\nx{a=\"1\"} 1\nz 1\n");
    write(&directory, "2.prom", "# HELP x second\n# TYPE x gauge\nx{a=\"2\"} 2\nx{a=\"1\"} 9\ny 2\n");
    write(&directory, "3.prom", "# TYPE x counter\nx{a=\"3\"} 3\nw 3\n");
    let mut reads = Reads::of(&directory);
    for _ in 0..2 {
        assert_eq!(
            reads.read(),
            [
                r#"2.prom: x{a="1"} is in an earlier file too"#,
                "3.prom: x is a counter here and a gauge in an earlier file"
            ]
        );
        assert_eq!(reads.series(), [("w", 3.0), (r#"x{a="1"}"#, 1.0), (r#"x{a="2"}"#, 2.0), ("y", 2.0), ("z", 1.0)]);
        assert_eq!(reads.files(), [("1.prom", 2, false), ("2.prom", 2, true), ("3.prom", 1, true)]);
        let help = |at: usize| reads.custom()[at].family.as_ref().unwrap().help.clone();
        assert_eq!((help(1), help(2)), (Some("first".into()), Some("first".into())));
    }
    write(&directory, "4.prom", &format!("long{{a=\"{}\"}} 1\n", "\u{1b}".repeat(900)));
    write(&directory, "5.prom", &format!("long{{a=\"{}\"}} 1\n", "\u{1b}".repeat(900)));
    let told = reads.read().remove(2);
    assert!(told.len() <= 1024 && !told.contains('\u{1b}'), "{told:?}");
    // Its own words count again when the first one is gone.
    reads.textfiles.files.iter_mut().for_each(|file| file.settled = true);
    fs::remove_file(directory.join("1.prom")).unwrap();
    reads.read();
    assert_eq!(reads.series()[1..], [("w", 3.0), (r#"x{a="2"}"#, 2.0), (r#"x{a="1"}"#, 9.0), ("y", 2.0)]);
    assert_eq!(reads.custom()[3].family.as_ref().unwrap().help.as_deref(), Some("second"));
}

/// A directory in which only its owner may write, and one beside it. Files without another name or a link are those of
/// the first.
fn beside(name: &str) -> (PathBuf, PathBuf) {
    let (directory, elsewhere) = (scratch(name), scratch(&format!("{name}-elsewhere")));
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    (directory, elsewhere)
}

#[test]
fn what_lies_elsewhere_is_never_quoted() {
    let (directory, elsewhere) = beside("quotes");
    write(&elsewhere, "faulty", "root:secret:1\n");
    write(&elsewhere, "fine", "fine 1\n");
    write(&elsewhere, "named", "root:secret:2\n");
    write(&elsewhere, "twice", "fine 2\nmine 2\n");
    for name in ["faulty", "fine", "twice"] {
        symlink(elsewhere.join(name), directory.join(format!("{name}.prom"))).unwrap();
    }
    fs::hard_link(elsewhere.join("named"), directory.join("named.prom")).unwrap();
    fs::create_dir(directory.join("..data")).unwrap();
    write(&directory.join("..data"), "inner", "inner is\n");
    symlink("..data/inner", directory.join("inner.prom")).unwrap();
    let mut reads = Reads::of(&directory);
    let told = reads.read();
    assert_eq!(reads.series(), [("fine", 1.0), ("mine", 2.0)]);
    let kept = |told: &String| told.contains("is refused; what stands there is not shown");
    assert!(told[0].starts_with("faulty.prom:1: ") && kept(&told[0]), "{told:?}");
    assert_eq!(told[1], "inner.prom:1: the value of inner is no number: \"is\"");
    assert!(told[2].starts_with("named.prom:1: ") && kept(&told[2]), "{told:?}");
    assert!(told[3].starts_with("twice.prom: ") && kept(&told[3]), "{told:?}");
    assert_eq!(told.len(), 4);
}

#[test]
fn a_link_of_who_may_not_read_a_file_is_not_followed() {
    let (directory, elsewhere) = beside("links");
    write(&elsewhere, "fine", "fine 1\n");
    write(&directory, "inner", "inner 1\n");
    symlink(elsewhere.join("fine"), directory.join("fine.prom")).unwrap();
    symlink("inner", directory.join("inner.prom")).unwrap();
    let mut reads = Reads::of(&directory);
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("fine", 1.0), ("inner", 1.0)]));
    // Whoever may write there can have put the link there, and taken it away, and put it there again.
    for mode in [0o775, 0o777, 0o1777] {
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
        let told = reads.read();
        assert!(told.len() == 1 && told[0].starts_with("fine.prom: is a link out of the directory"), "{told:?}");
        assert_eq!((reads.series(), reads.files()[0]), (vec![("inner", 1.0)], ("fine.prom", 0, true)));
        assert_eq!(reads.sample.textfiles.latest()[0].modified_seconds, None);
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((reads.read(), reads.series().len()), (vec![], 2));
    // The directory is another's than root's, of whoever runs this.
    let _ = chown(&directory, Some(65_534), None);
    fs::remove_file(directory.join("fine.prom")).unwrap();
    symlink("/etc/passwd", directory.join("passwd.prom")).unwrap();
    let told = reads.read();
    assert!(told.len() == 1 && told[0].starts_with("passwd.prom: is a link out of the directory"), "{told:?}");
}

#[test]
fn a_pipe_holds_nothing_up() {
    let directory = scratch("pipe");
    let made = std::process::Command::new("mkfifo").args([directory.join("a.prom"), directory.join("b")]).status();
    assert!(made.unwrap().success());
    symlink("b", directory.join("b.prom")).unwrap();
    assert_eq!(Reads::of(&directory).read(), ["a.prom: is no file", "b.prom: is no file"]);
}

#[test]
fn files_and_series_are_bounded() {
    let directory = scratch("bounds");
    for number in 0..LIMIT_FILES + 1 {
        write(&directory, &format!("{number:03}.prom"), &format!("a{number} 1\n"));
    }
    let mut reads = Reads::of(&directory);
    let told = reads.read();
    assert_eq!((told.len(), reads.series().len()), (1, LIMIT_FILES));
    assert!(told[0].ends_with("more than 256 files *.prom, the others are not read"), "{told:?}");

    let directory = scratch("bounds-of-series");
    write(&directory, "1.prom", &(0..1500).map(|number| format!("a{number} 1\n")).collect::<String>());
    write(&directory, "2.prom", &(0..501).map(|number| format!("b{number} 1\n")).collect::<String>());
    let mut reads = Reads::of(&directory);
    assert_eq!(reads.read(), ["2.prom: b500 is beyond the 2000 series that are taken of all files"]);
    assert_eq!(reads.series().len(), 2000);
    let long = "x".repeat(1000);
    write(&directory, "0.prom", &(0..262).map(|number| format!("{long}{number} 1\n")).collect::<String>());
    let told = reads.read().remove(0);
    assert!(
        told.starts_with("0.prom: xxx")
            && told.ends_with("beyond the 262144 bytes of names that are taken of all files")
    );
}

#[test]
fn a_file_that_stays_is_not_read_again() {
    let directory = scratch("stays");
    write(&directory, "a.prom", "a 1\n");
    let mut reads = Reads::of(&directory);
    reads.read();
    // As if it had been written long ago, and had said something else when it was read.
    let file = &mut reads.textfiles.files[0];
    file.settled = true;
    file.series[0].value = Some(7.0);
    assert!(!file.refresh(&directory, &mut Vec::new()));
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("a", 7.0)]));
    fs::write(directory.join("a.prom"), "a 22\n").unwrap();
    assert_eq!((reads.read(), reads.series()), (vec![], vec![("a", 22.0)]));
}

#[test]
fn a_steady_reading_leaves_texts_where_they_are() {
    let directory = scratch("steady");
    write(&directory, "a.prom", "a{b=\"c\"} 1\n");
    let mut reads = Reads::of(&directory);
    reads.read();
    let addresses =
        |reads: &Reads| (reads.custom()[0].series.as_ptr(), reads.sample.textfiles.latest()[0].file.as_ptr());
    let first = addresses(&reads);
    reads.read();
    assert_eq!(addresses(&reads), first);
}

#[test]
fn without_a_directory_there_is_nothing() {
    let mut sample = Sample::default();
    let found = Textfiles::new(None).read(&mut sample, &mut Vec::new(), &mut Vec::new()).unwrap();
    assert_eq!((found, sample), (Found::Nothing, Sample::default()));
}
