//! Processes on trees that change, and the lines of their files.

use super::*;

const LINE: &str = "42 (na (m) e\n) S 1 42 42 0 -1 4194560 90 10 0 0 150 50 7 8 20 0 3 0 12345 8192000 1000 18446 1\n";

#[test]
fn a_name_ends_at_the_last_bracket() {
    let expected = Stat {
        name: "na (m) e\n",
        state: 'S',
        is_kernel: false,
        used_ticks: 200,
        threads: 3,
        start_ticks: 12_345,
        resident_pages: 1000,
    };
    assert_eq!(parse(LINE).unwrap(), expected);
    let kernel = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 5 0 0 20 0 1 0 3 0 0 1\n";
    let kernel = parse(kernel).unwrap();
    assert_eq!((kernel.is_kernel, kernel.used_ticks, kernel.resident_pages), (true, 5, 0));
    assert_eq!(parse(&LINE.replace(" 1000 ", " -3 ")).unwrap().resident_pages, 0);
}

#[test]
fn the_error_names_the_line() {
    let message = |text| parse(text).unwrap_err().to_string();
    assert_eq!(message("42 (name"), "malformed /proc/PID/stat: `42 (name`");
    assert_eq!(message("42 (name) S 1 2\n"), "malformed /proc/PID/stat: `42 (name) S 1 2\n`");
}

#[test]
fn bytes_from_and_to_disks() {
    let text = "rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 6\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 1\n";
    assert_eq!(parse_io(text), Some(Io { read_bytes: 4096, written_bytes: 512 }));
    assert_eq!(parse_io("read_bytes: 1\n"), None);
    assert_eq!(parse_io("read_bytes: 1\nwrite_bytes: x\n"), None);
}

/// A tree of processes, changed between readings.
struct Tree {
    root: std::path::PathBuf,
    collector: Processes,
    sample: Sample,
}

impl Tree {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("siskin-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("uptime"), "1000.00 2000.00\n").unwrap();
        let collector = Processes::new(&Roots { proc: root.clone(), ..Roots::default() });
        Self { root, collector, sample: Sample::default() }
    }

    /// A process with so much processor time, started then; bytes written, if they may be asked for.
    fn put(&self, pid: u32, name: &[u8], ticks: u64, start: u64, written: Option<u64>) {
        let directory = self.root.join(pid.to_string());
        std::fs::create_dir_all(&directory).unwrap();
        let mut line = format!("{pid} (").into_bytes();
        line.extend_from_slice(name);
        let rest = format!(") S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 2 0 {start} 0 10 0\n");
        line.extend_from_slice(rest.as_bytes());
        std::fs::write(directory.join("stat"), line).unwrap();
        let io = written.map(|written| format!("read_bytes: {}\nwrite_bytes: {written}\n", written * 2));
        match io {
            Some(io) => std::fs::write(directory.join("io"), io).unwrap(),
            None => drop(std::fs::remove_file(directory.join("io"))),
        }
    }

    fn end(&self, pid: u32) {
        std::fs::remove_dir_all(self.root.join(pid.to_string())).unwrap();
    }

    fn read(&mut self) -> (Found, Vec<String>) {
        let mut odd = Vec::new();
        let found = self.collector.read(&mut self.sample, &mut Vec::new(), &mut odd).unwrap();
        (found, odd.iter().map(Error::to_string).collect())
    }

    /// Of each name: how many, seconds, bytes written.
    fn rows(&mut self) -> Vec<(String, u64, f64, Option<u64>)> {
        assert_eq!(self.read(), (Found::Source, vec![]));
        let rows = self.sample.processes.fresh().unwrap().iter();
        rows.map(|row| (row.name.clone(), row.count, row.cpu_seconds_total, row.written_bytes_total)).collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

fn row(name: &str, count: u64, seconds: f64, written: Option<u64>) -> (String, u64, f64, Option<u64>) {
    (name.to_owned(), count, seconds, written)
}

#[test]
fn a_counter_begins_at_the_first_reading_and_keeps_what_ended_processes_used() {
    let mut tree = Tree::new("ends");
    tree.put(1, b"init", 5, 1, Some(10));
    tree.put(20, b"worker", 500, 100, Some(1000));
    tree.put(21, b"worker", 300, 110, Some(2000));
    assert_eq!(tree.rows(), [row("init", 1, 0.0, Some(0)), row("worker", 2, 0.0, Some(0))]);

    tree.put(20, b"worker", 550, 100, Some(1100));
    assert_eq!(tree.rows()[1], row("worker", 2, 0.5, Some(100)));

    // One ends, another one starts, and what that one used since is all of late.
    tree.end(20);
    tree.put(22, b"worker", 25, 2000, Some(7));
    assert_eq!(tree.rows()[1], row("worker", 2, 0.75, Some(107)));

    // None is left; when one comes back, the counter goes on.
    tree.end(21);
    tree.end(22);
    assert_eq!(tree.rows().len(), 1);
    tree.put(23, b"worker", 10, 3000, Some(1));
    assert_eq!(tree.rows()[1], row("worker", 1, 0.85, Some(108)));
}

#[test]
fn a_number_that_is_given_again_is_another_process() {
    let mut tree = Tree::new("again");
    tree.put(7, b"one", 900, 100, Some(50));
    tree.rows();
    tree.put(7, b"one", 30, 200, Some(5));
    assert_eq!(tree.rows(), [row("one", 1, 0.3, Some(5))]);
}

#[test]
fn a_process_that_takes_another_name_takes_its_further_time_there() {
    let mut tree = Tree::new("exec");
    tree.put(7, b"sh", 100, 100, Some(0));
    tree.rows();
    tree.put(7, b"make", 140, 100, Some(0));
    assert_eq!(tree.rows(), [row("make", 1, 0.4, Some(0))]);
}

#[test]
fn an_old_process_that_was_hidden_does_not_count_its_whole_life() {
    let mut tree = Tree::new("hidden");
    tree.put(7, b"seen", 100, 900, None);
    tree.rows();
    tree.put(8, b"hidden", 5000, 100, Some(1 << 40));
    assert_eq!(tree.rows()[0], row("hidden", 1, 0.0, Some(0)));
}

#[test]
fn bytes_are_unknown_while_one_of_the_name_may_not_be_asked() {
    let mut tree = Tree::new("asked");
    tree.put(7, b"shell", 1, 100, Some(10));
    tree.put(8, b"shell", 1, 100, None);
    assert_eq!(tree.rows(), [row("shell", 2, 0.0, None)]);
    tree.end(8);
    tree.put(7, b"shell", 2, 100, Some(30));
    assert_eq!(tree.rows(), [row("shell", 1, 0.01, Some(20))]);
    // Nobody asks for the bytes of a process that used no processor time.
    tree.put(7, b"shell", 2, 100, Some(99));
    assert_eq!(tree.rows(), [row("shell", 1, 0.01, Some(20))]);
}

#[test]
fn odd_names_are_names_and_an_odd_line_hides_no_other() {
    let mut tree = Tree::new("odd");
    tree.put(7, b"line\nend", 1, 100, None);
    tree.put(8, b"not \xff utf-8", 1, 100, None);
    tree.put(9, b"", 1, 100, None);
    let names: Vec<_> = tree.rows().into_iter().map(|row| row.0).collect();
    assert_eq!(names, ["?", "line?end", "not \u{fffd} utf-8"]);
    std::fs::write(tree.root.join("7/stat"), "7 (x").unwrap();
    assert_eq!(tree.read(), (Found::Source, vec!["malformed /proc/PID/stat: `7 (x`".to_owned()]));
    assert_eq!(tree.sample.processes.fresh().unwrap().len(), 2);
}

#[test]
fn those_that_use_the_most_are_listed_and_stay_for_a_while() {
    let mut tree = Tree::new("most");
    for pid in 1..=100 {
        tree.put(pid, format!("p{pid:03}").as_bytes(), 0, 100, Some(0));
    }
    // All hold the same memory: the first ten by their names.
    let names = |tree: &mut Tree| tree.rows().into_iter().map(|row| row.0).collect::<Vec<_>>();
    let first: Vec<_> = (1..=10).map(|pid| format!("p{pid:03}")).collect();
    assert_eq!(names(&mut tree), first);
    tree.put(50, b"p050", 1000, 100, Some(0));
    tree.put(60, b"p060", 1, 100, Some(1 << 20));
    let with_two = [&first[..], &["p050".to_owned(), "p060".to_owned()]].concat();
    for _ in 0..10 {
        assert_eq!(names(&mut tree), with_two);
    }
    // Ten that do more take the place.
    for pid in 81..=90 {
        tree.put(pid, format!("p{pid:03}").as_bytes(), 2000, 100, Some(1 << 30));
    }
    assert_eq!(names(&mut tree).len(), 20);
    assert!(!names(&mut tree).contains(&"p050".to_owned()));
}

#[test]
fn a_busy_loop_of_this_very_process_is_seen() {
    let own = std::fs::read_to_string("/proc/self/comm").unwrap();
    let mut collector = Processes::new(&Roots::default());
    let mut sample = Sample::default();
    let (mut text, mut odd) = (Vec::new(), Vec::new());
    let begun = std::time::Instant::now();
    let mut seconds = 0.0;
    // Others may be busier at first, and then there is no row.
    while seconds < 0.2 {
        assert!(begun.elapsed().as_secs() < 60, "{:?}", sample.processes);
        let until = std::time::Instant::now() + std::time::Duration::from_millis(50);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        collector.read(&mut sample, &mut text, &mut odd).unwrap();
        let rows = sample.processes.fresh().unwrap();
        let row = rows.iter().find(|row| row.name == own.trim_end());
        seconds = row.map_or(0.0, |row| row.cpu_seconds_total);
    }
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn nobody_there_is_nothing() {
    let mut tree = Tree::new("nobody");
    assert_eq!(tree.read(), (Found::Nothing, vec![]));
    tree.put(1, b"init", 1, 1, None);
    tree.rows();
    tree.end(1);
    assert_eq!(tree.read(), (Found::Nothing, vec![]));
    assert!(tree.sample.processes.latest().is_empty() && tree.sample.process_counts.is_old());
}
