//! The processor's name and its physical cores: `/proc/cpuinfo` and the topology in `/sys/devices/system/cpu`.

use std::collections::BTreeSet;

use procfs::{CpuInfo, FromRead};

use super::{Roots, text};

/// What a processor is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processor {
    /// Its name; the names of both kinds where fast and slow cores are combined.
    pub name: Option<String>,
    /// Cores, hardware threads of one core counted once.
    pub physical_cores: Option<u32>,
}

/// The processor of the machine; `cores` are the kernel's numbers of those online.
pub fn read(roots: &Roots, cores: &[u32]) -> Processor {
    let mut processor = text::read(roots.in_proc("cpuinfo")).map(|text| parse(&text)).unwrap_or_default();
    processor.physical_cores = siblings(roots, cores).or(processor.physical_cores);
    processor
}

/// The text of `/proc/cpuinfo`, which is different on each architecture. Nothing in it is certain.
pub fn parse(text: &str) -> Processor {
    let Ok(info) = CpuInfo::from_read(text.as_bytes()) else { return Processor::default() };
    let mut names: Vec<String> = Vec::new();
    let mut cores = BTreeSet::new();
    for index in 0..info.num_cores() {
        let field = |name| info.get_field(index, name).filter(|value| !value.is_empty());
        if let Some(name) = name(field)
            && !names.contains(&name)
        {
            names.push(name);
        }
        cores.extend(field("physical id").zip(field("core id")));
    }
    Processor {
        name: (!names.is_empty()).then(|| names.join(" + ")),
        physical_cores: u32::try_from(cores.len()).ok().filter(|&count| count > 0),
    }
}

/// Distinct sets of hardware threads that share a core. `core_cpus_list` is the name since Linux 5.3.
fn siblings(roots: &Roots, cores: &[u32]) -> Option<u32> {
    let topology = |index: u32, file: &str| {
        text::read_value(roots.in_sys(&format!("devices/system/cpu/cpu{index}/topology/{file}")))
    };
    let set = |&index: &u32| topology(index, "core_cpus_list").or_else(|| topology(index, "thread_siblings_list"));
    let sets: BTreeSet<String> = cores.iter().filter_map(set).collect();
    u32::try_from(sets.len()).ok().filter(|&count| count > 0)
}

/// `model name` on x86 and 32-bit ARM, `cpu model` on MIPS, `cpu` on POWER, `uarch` on RISC-V; 64-bit ARM has numbers.
fn name<'a>(field: impl Fn(&'static str) -> Option<&'a str>) -> Option<String> {
    let named = ["model name", "cpu model", "cpu", "uarch"].into_iter().find_map(&field);
    named.map(str::to_owned).or_else(|| arm_name(field("CPU implementer")?, field("CPU part")?))
}

/// ARM's own cores by the part number of the main identification register, as in its technical reference manuals.
fn arm_name(implementer: &str, part: &str) -> Option<String> {
    if implementer != "0x41" {
        return None;
    }
    let name = match part {
        "0xd03" => "Cortex-A53",
        "0xd04" => "Cortex-A35",
        "0xd05" => "Cortex-A55",
        "0xd07" => "Cortex-A57",
        "0xd08" => "Cortex-A72",
        "0xd09" => "Cortex-A73",
        "0xd0a" => "Cortex-A75",
        "0xd0b" => "Cortex-A76",
        "0xd0c" => "Neoverse-N1",
        "0xd40" => "Neoverse-V1",
        "0xd41" => "Cortex-A78",
        "0xd49" => "Neoverse-N2",
        "0xd4f" => "Neoverse-V2",
        _ => return None,
    };
    Some(format!("ARM {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_one_core_count_once() {
        let thread = |core| format!("model name\t: Some CPU\nphysical id\t: 0\ncore id\t\t: {core}\n\n");
        let text: String = [0, 0, 1, 1].map(thread).iter().map(|one| format!("processor\t: 0\n{one}")).collect();
        assert_eq!(parse(&text), Processor { name: Some("Some CPU".into()), physical_cores: Some(2) });
    }

    #[test]
    fn arm_cores_are_named_by_number() {
        let core = |part| format!("processor : 0\nCPU implementer : 0x41\nCPU part : {part}\n\n");
        let text = [core("0xd05"), core("0xd05"), core("0xd0b")].concat();
        assert_eq!(parse(&text).name.as_deref(), Some("ARM Cortex-A55 + ARM Cortex-A76"));
        assert_eq!(parse(&core("0xfff")), Processor::default());
    }

    #[test]
    fn no_text_is_no_processor() {
        assert_eq!(parse(""), Processor::default());
        assert_eq!(parse("\n\n"), Processor::default());
    }
}
