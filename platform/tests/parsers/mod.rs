//! Every parser of text that the kernel or a program of the host wrote. `hostile` gives them any text, and so does the fuzz
//! target `kernel`, each of them for a minute. What people write is `textfile`'s.

use siskin_platform::{
    collect::{
        container, container_name, control_group, cpu, disk, frequency, gpu, host, kernel, load, memory, mount,
        network, power, pressure, process, processor, raid, route, sensor, socket, throttling, unit, uptime, zfs,
    },
    model::{Memory, Sockets, Swap, Udp, Usage},
};

/// Takes any text, and panics where there is a fault.
pub type Parse = fn(&str);

/// Name and parser.
pub const PARSERS: &[(&str, Parse)] = &[
    ("cpu", |text| _ = cpu::parse(text)),
    ("disk", |text| disk::parse(text, &disk::devices(text, |_| true), &mut Vec::new(), &mut Vec::new())),
    ("frequency", |text| frequency::parse(text).for_each(drop)),
    ("boot_time", |text| _ = host::parse_boot_time(text)),
    ("distribution", |text| _ = host::parse_distribution(text)),
    ("load", |text| _ = load::parse(text)),
    ("memory", |text| _ = memory::parse(text)),
    ("traffic", |text| memory::parse_traffic(text, 4096, &mut Memory::default(), Some(&mut Swap::default()))),
    ("mount", |text| _ = mount::parse(text, true)),
    ("network", |text| network::parse(text, &mut Vec::new(), &mut Vec::new())),
    ("pressure", |text| _ = pressure::parse(text)),
    ("processor", |text| _ = processor::parse(text)),
    ("route", |text| _ = route::parse(text, text)),
    ("sensor", |text| _ = sensor::parse_input(text)),
    ("sockets_in_use", |text| _ = socket::parse_in_use(text, 4096, &mut Sockets::default())),
    ("sockets_table", |text| _ = socket::parse_table(text, &mut Sockets::default())),
    ("sockets_list", |text| socket::parse_list(text, &mut Udp::default())),
    ("files", |text| _ = kernel::parse_files(text)),
    ("power", |text| _ = power::parse(text)),
    ("throttling", |text| _ = throttling::parse(text)),
    ("raid", |text| _ = raid::parse(text)),
    ("zfs", |text| _ = zfs::parse(text)),
    ("uptime", |text| _ = uptime::parse(text)),
    ("process", |text| _ = process::parse(text)),
    ("process_io", |text| _ = process::parse_io(text)),
    ("group_cpu", |text| _ = control_group::parse_cpu(text)),
    ("group_number", |text| _ = control_group::parse_number(text, "oom_kill")),
    ("group_io", |text| _ = control_group::parse_io(text, &mut Usage::default(), |device| device.len() > 4)),
    ("container", |text| _ = container::parse(text)),
    ("docker", |text| _ = container_name::parse_docker(text)),
    ("podman", |text| _ = container_name::parse_podman(text)),
    ("kubelet", |text| _ = container_name::parse_kubelet(text)),
    ("unit", |text| _ = unit::parse(text)),
    ("gpu_level", |text| _ = gpu::parse_level(text)),
    ("gpu_errors", |text| _ = gpu::parse_errors(text)),
];
