//! Names of containers that are known by their ids: from the files that Docker, Podman and the kubelet keep for
//! themselves. No socket is asked, and nothing that a container or a user could have put there is read.

use serde::Deserialize;

use super::{Roots, container::Place, text};

/// A name is looked for at the first reading of a container, at the next (its runtime may not have written it yet), and
/// then every so many: people rename containers.
const READINGS: u64 = 30;

/// The longest that is taken. Kubernetes allows 253 for a pod, and 63 each for the two others.
const NAME_BYTES: usize = 400;

const DOCKER: &str = "/var/lib/docker/containers";
const PODMAN: &str = "/var/lib/containers/storage/overlay-containers/containers.json";
const KUBELET: &str = "/var/log/containers";

/// `config.v2.json` of Docker, of which all else (the environment among it) is passed over.
#[derive(Deserialize)]
struct DockerContainer {
    #[serde(rename = "Name")]
    name: String,
}

/// An entry of Podman's `containers.json`.
#[derive(Deserialize)]
struct PodmanContainer {
    id: String,
    #[serde(default)]
    names: Vec<String>,
}

/// The text of Docker's `config.v2.json`: the name, which stands there with a slash before it.
pub fn parse_docker(text: &str) -> Option<String> {
    let container: DockerContainer = serde_json::from_str(text).ok()?;
    acceptable(container.name.trim_start_matches('/').to_owned())
}

/// The text of Podman's `containers.json`: each id and the container's first name.
pub fn parse_podman(text: &str) -> Vec<(String, String)> {
    let containers: Vec<PodmanContainer> = serde_json::from_str(text).unwrap_or_default();
    let named = |container: PodmanContainer| {
        let name = container.names.into_iter().next()?;
        Some((container.id, acceptable(name)?))
    };
    containers.into_iter().filter_map(named).collect()
}

/// The name of a link that the kubelet makes to a log, `pod_namespace_container-id.log`: id, and
/// `namespace/pod/container`.
pub fn parse_kubelet(file: &str) -> Option<(&str, String)> {
    let (pod, rest) = file.strip_suffix(".log")?.split_once('_')?;
    let (namespace, rest) = rest.split_once('_')?;
    let (container, id) = rest.rsplit_once('-')?;
    Some((id, acceptable(format!("{namespace}/{pod}/{container}"))?))
}

fn acceptable(name: String) -> Option<String> {
    let is_plain = !name.is_empty() && name.len() <= NAME_BYTES && !name.chars().any(char::is_control);
    is_plain.then_some(name)
}

struct Known {
    id: String,
    name: Option<String>,
    first: u64,
    seen: u64,
}

/// The names found so far.
pub(super) struct Names {
    roots: Roots,
    reading: u64,
    known: Vec<Known>,
    /// What the files for all containers said, if they were needed for this reading.
    podman: Option<Vec<(String, String)>>,
    kubelet: Option<Vec<String>>,
}

impl Names {
    pub(super) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone(), reading: 0, known: Vec::new(), podman: None, kubelet: None }
    }

    /// A reading begins: containers that were not there at the last one are forgotten.
    pub(super) fn begin(&mut self) {
        self.known.retain(|known| known.seen == self.reading);
        self.reading += 1;
        (self.podman, self.kubelet) = (None, None);
    }

    /// The name of a container; `None` if nobody tells it who may be asked.
    pub(super) fn name(&mut self, id: &str, place: &Place<'_>) -> Option<&str> {
        let at = self.known.iter().position(|known| known.id == id).unwrap_or_else(|| {
            self.known.push(Known { id: id.to_owned(), name: None, first: self.reading, seen: 0 });
            self.known.len() - 1
        });
        let age = self.reading - self.known[at].first;
        if age <= 1 || age.is_multiple_of(READINGS) {
            // A file that cannot be read just now takes no name away.
            let found = self.look(id, place);
            let known = &mut self.known[at];
            known.name = found.or_else(|| known.name.take());
        }
        let known = &mut self.known[at];
        known.seen = self.reading;
        known.name.as_deref()
    }

    fn look(&mut self, id: &str, place: &Place<'_>) -> Option<String> {
        if place.is_in_pod {
            let directory = self.roots.in_root(KUBELET);
            let files = self.kubelet.get_or_insert_with(|| text::list(&directory));
            return files.iter().filter_map(|file| parse_kubelet(file)).find(|(of, _)| *of == id).map(|(_, name)| name);
        }
        match place.runtime {
            Some("podman") => {
                let file = self.roots.in_root(PODMAN);
                let read = || text::read(file).map(|text| parse_podman(&text)).unwrap_or_default();
                let all = self.podman.get_or_insert_with(read);
                all.iter().find(|(of, _)| of == id).map(|(_, name)| name.clone())
            }
            Some("docker") | None => {
                let file = self.roots.in_root(DOCKER).join(id).join("config.v2.json");
                text::read(file).ok().and_then(|text| parse_docker(&text))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_docker_and_nothing_else() {
        let text = r#"{"ID":"01","Config":{"Name":"no","Env":["PASSWORD=hunter2"]},"Name":"/web","MountPoints":
            {"/data":{"Name":"volume"}}}"#;
        assert_eq!(parse_docker(text).as_deref(), Some("web"));
        for odd in [r#"{"Config":{"Name":"no"}}"#, r#"{"Name":"/"}"#, r#"{"Name":"a\nb"}"#, r#"{"Name":1}"#, "", "[]"] {
            assert_eq!(parse_docker(odd), None, "{odd}");
        }
    }

    #[test]
    fn names_of_podman() {
        let text = r#"[{"id":"01","names":["web","other"],"metadata":"{}"},{"id":"02"},{"id":"03","names":[""]}]"#;
        assert_eq!(parse_podman(text), [("01".to_owned(), "web".to_owned())]);
        assert_eq!(parse_podman("{}"), []);
    }

    #[test]
    fn names_of_logs() {
        let file = "web-7d4b9c-x2x_shop_nginx-proxy-0123abc.log";
        assert_eq!(parse_kubelet(file), Some(("0123abc", "shop/web-7d4b9c-x2x/nginx-proxy".to_owned())));
        for odd in ["web.log", "a_b.log", "a_b_c.log", "a_b_c-01", ""] {
            assert_eq!(parse_kubelet(odd), None, "{odd}");
        }
    }
}
