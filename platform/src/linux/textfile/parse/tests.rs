//! What is understood, and what a person is told about what is not.

use super::*;

fn fault(text: &str) -> (usize, String) {
    let fault = parse(text).unwrap_err();
    (fault.line, fault.found)
}

fn seen(text: &str) -> Vec<(String, Option<f64>, Option<f64>)> {
    parse(text).unwrap().into_iter().map(|one| (one.series, one.value, one.value_total)).collect()
}

#[test]
fn labels_are_sorted_and_stay_escaped() {
    let text = "up{ z = \"1\",\ta=\"x\\\\y\\\"{}\\n\" , } 1\n  up{}\t2\n\n";
    assert_eq!(
        seen(text),
        [(r#"up{a="x\\y\"{}\n",z="1"}"#.to_owned(), Some(1.0), None), ("up".to_owned(), Some(2.0), None)]
    );
}

#[test]
fn values_of_all_kinds() {
    let values = |text: &str| seen(text).into_iter().map(|one| one.1.unwrap()).collect::<Vec<_>>();
    assert_eq!(values("a -1.5e-3\nb .5\nc +7\n"), [-0.0015, 0.5, 7.0]);
    assert_eq!(values("a +Inf\nb -Inf\nc Inf\n"), [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY]);
    assert!(values("a NaN\n")[0].is_nan());
}

#[test]
fn types_tell_what_only_grows_and_families_what_belongs_together() {
    let text = "# a comment\n#\n# TYPE c counter\n# HELP c One \\\\ two\\n\nc 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\n\
                h_sum 3\nh_count 4\n# TYPE s SUMMARY\ns{quantile=\"0.5\"} 5\ns_sum 6\ns_bucket 7\nu_sum 8\n";
    let all = parse(text).unwrap();
    let shapes: Vec<_> = all
        .iter()
        .map(|one| {
            let family = one.family.as_ref().unwrap();
            (one.series.as_str(), family.name.as_str(), family.kind, one.value_total.is_some())
        })
        .collect();
    use FamilyKind::{Counter, Histogram, Summary, Untyped};
    assert_eq!(
        shapes,
        [
            ("c", "c", Counter, true),
            (r#"h_bucket{le="1"}"#, "h", Histogram, true),
            ("h_sum", "h", Histogram, true),
            ("h_count", "h", Histogram, true),
            (r#"s{quantile="0.5"}"#, "s", Summary, false),
            ("s_sum", "s", Summary, true),
            ("s_bucket", "s_bucket", Untyped, false),
            ("u_sum", "u_sum", Untyped, false),
        ]
    );
    assert_eq!(all[0].family.as_ref().unwrap().help.as_deref(), Some("One \\\\ two\\n"));
    assert_eq!(parse("").unwrap(), []);
}

#[test]
fn a_file_that_is_being_written_is_refused() {
    let (line, found) = fault("a 1\nb 2");
    assert!(line == 2 && found.contains("still being written"), "{found}");
}

#[test]
fn the_fault_says_what_is_wrong_and_where() {
    for (text, line, words) in [
        ("a 1\n1a 2\n", 2, "expected the name of a metric, found \"1a 2\""),
        ("{a=\"b\"} 2\n", 1, "expected the name of a metric"),
        ("a\n", 1, "a has no value"),
        ("a{} \n", 1, "a has no value"),
        ("a one\n", 1, "the value of a is no number: \"one\""),
        ("a 1\r\n", 1, r#"the value of a is no number: "1\r""#),
        ("a 0x10\n", 1, "no number"),
        ("a 1 1795440000123\n", 1, "a time is not taken here"),
        ("a{b} 1\n", 1, "expected =\" after label b"),
        ("a{b=c} 1\n", 1, "expected =\" after label b"),
        ("a{b=\"c} 1\n", 1, "label b has no closing \""),
        ("a{b=\"c\\\"} 1\n", 1, "label b has no closing \""),
        ("a{b=\"c\\t\"} 1\n", 1, "label b has an unknown escape \\t"),
        ("a{b=\"c\" d=\"e\"} 1\n", 1, "expected , or } after label b"),
        ("a{b:c=\"d\"} 1\n", 1, "expected =\" after label b"),
        ("a{,} 1\n", 1, "expected the name of a label"),
        ("a{b=\"c\"\n", 1, "expected , or }"),
        ("a{__name__=\"c\"} 1\n", 1, "reserved"),
        ("a{b=\"1\",b=\"2\"} 1\n", 1, "a: two labels b"),
        ("a 1\na 2\n", 2, "a is there twice"),
        ("a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 2\n", 2, "is there twice"),
        ("# TYPE a gauge\n# TYPE a gauge\n", 2, "a second TYPE of a"),
        ("# HELP a\n# HELP a b\n", 2, "a second HELP of a"),
        ("a 1\n# TYPE a gauge\n", 2, "stands below its series"),
        ("# TYPE a speed\n", 1, "expected counter, gauge, histogram, summary or untyped, found \"speed\""),
        ("# TYPE a\n", 1, "found \"\""),
        ("# TYPE 1a gauge\n", 1, "which is no name of a metric"),
        ("# HELP a b\\t\n", 1, "HELP of a has an unknown escape \\t"),
        ("# HELP a b\\\n", 1, "HELP of a has a \\ at its end"),
        ("# TYPE h histogram\nh 1\n", 2, "h_bucket, _sum and _count only"),
        ("# TYPE h histogram\nh_bucket 1\n", 2, "no label le"),
        ("# TYPE s summary\ns 1\n", 2, "no label quantile"),
    ] {
        let (found_line, found) = fault(text);
        assert!(found_line == line && found.contains(words), "{text:?}: {found_line}: {found}");
    }
}

#[test]
fn every_bound_is_named() {
    let long = |length| "x".repeat(length);
    let labels: String = (0..33).map(|index| format!("l{index}=\"\",")).collect();
    for (text, words) in [
        (format!("{} 1\n", long(1025)), "more than 1024 bytes"),
        (format!("a{{b=\"{}\"}} 1\n", long(1024)), "more than 1024 bytes"),
        (format!("# HELP a {}\n", long(1025)), "more than 1024 bytes"),
        (format!("# TYPE {} gauge\n", long(1025)), "more than 1024 bytes"),
        (format!("a{{{labels}}} 1\n"), "more than 32 labels"),
        ((0..2001).map(|index| format!("a{index} 1\n")).collect(), "more than 2000 series"),
    ] {
        let (_, found) = fault(&text);
        assert!(found.contains(words) && found.len() < 300, "{found}");
    }
    assert_eq!(parse(&format!("{} 1\n", long(1024))).unwrap().len(), 1);
}

#[test]
fn a_fault_is_short_and_moves_no_cursor() {
    let long = "x".repeat(900);
    let huge = "\u{1b}[2J\u{202e}\u{10ffff}".repeat(10_000);
    let texts = [
        format!("{huge}\n"),
        format!("a {huge}\n"),
        format!("a 1 {huge}\n"),
        format!("a{{{huge}=\"\"}} 1\n"),
        "a{b=\"\\\u{1b}\"} 1\n".to_owned(),
        format!("# HELP {huge}\n"),
        format!("# HELP a \\{huge}\n"),
        "# HELP a \\\u{1b}\n".to_owned(),
        format!("# TYPE {long} {huge}\n"),
        format!("# HELP {long} b\n# HELP {long} b\n"),
        format!("# TYPE {long} gauge\n# TYPE {long} gauge\n"),
        format!("{long} 1\n# TYPE {long} gauge\n"),
        format!("# TYPE {long} histogram\n{long} 1\n"),
        format!("# TYPE {long} histogram\n{long}_bucket 1\n"),
        format!("# TYPE {long} summary\n{long} 1\n"),
        format!("{} 1\n", long.repeat(100)),
        "a{b=\"\u{1b}[2J\u{202e}\"} 1\n".repeat(2),
        format!("a{{b=\"{}\"}} 1\n", "\u{1b}".repeat(900)).repeat(2),
    ];
    for text in texts {
        let found = fault(&text).1;
        assert!(found.len() <= 1024 && !found.contains(['\u{1b}', '\u{202e}']), "{} bytes: {found:?}", found.len());
    }
}
