//! What to make of what was found from inside a pod.

use regatta_domain::run::IsolationLevel;
use regatta_runner::attempt::{self, Finding as Attempt, Outcome};

use super::Finding;
use super::subject::Subject;
use super::targets::Targets;
use crate::kubernetes::settings::NetworkWall;

/// What the runner's `attempt` says last of all that it looks at.
const LAST: &str = "runner process";
/// The first words of what it tries that is no system call.
const NO_CALLS: [&str; 6] = ["read ", "create ", "write ", "connect ", "dns ", "runner "];
/// The one folder of the runner's that can be written to: empty, small, and gone with the pod.
const EMPTY_FOLDER: &str = "create /regatta/input/probe";
/// The memory of a container's first process, which is the one that tries: outside of the runner's wall it is its own.
const OWN_MEMORY: &str = "write /proc/1/mem";
/// A socket that leads nowhere but to a loopback interface of one's own is none to be kept from.
const INET: &str = "inet socket";
const VSOCK: &str = "vsock socket";
/// Signals of the same user come through; to the runner, a container's first process, they do nothing.
const SIGNAL: &str = "runner signal";
/// What variables' names begin with that nobody but the cluster and the runner needs.
const KEPT_BACK: [&str; 2] = ["KUBERNETES_", "REGATTA_INPUT_"];
/// Interfaces that some kernels put into every new network. They lead nowhere until somebody who may gives them another end
/// (the kernel's `net.core.fb_tunnels_only_for_init_net`).
const LEADING_NOWHERE: [&str; 11] = [
    "lo", "tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "ip6gre0", "erspan0", "ip_vti0", "ip6_vti0",
    "dummy0",
];
/// How many breaches of a kind are told.
const MAX_TOLD: usize = 5;

/// What was found from one place inside a pod.
#[derive(Clone, Debug)]
pub struct Seen(Vec<Attempt>);

impl Seen {
    /// What `printed` says, where it is all there.
    pub fn read(printed: &str) -> Option<Self> {
        let seen = Self(attempt::parse(printed));
        seen.told(LAST).is_some().then_some(seen)
    }

    /// Whether as many were tried as there are to try: they come last in what is printed, which may not be all there yet.
    pub fn has_tried(&self, targets: &Targets) -> bool {
        self.tried(&["connect ", "dns "]).count() >= targets.count()
    }

    fn told(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|found| found.name == name).and_then(|found| match &found.outcome {
            Outcome::Told(value) => Some(value.as_str()),
            Outcome::Allowed | Outcome::Refused { .. } => None,
        })
    }

    /// What was tried whose name begins with one of these, told things left out.
    fn tried<'a>(&'a self, prefixes: &'a [&str]) -> impl Iterator<Item = &'a Attempt> {
        let tried = self.0.iter().filter(|found| !matches!(found.outcome, Outcome::Told(_)));
        tried.filter(|found| prefixes.iter().any(|prefix| found.name.starts_with(prefix)))
    }

    fn let_through<'a>(&'a self, prefixes: &'a [&str]) -> Vec<&'a str> {
        self.tried(prefixes).filter(|found| !found.is_refused()).map(|found| found.name.as_str()).collect()
    }

    /// The kernel's release.
    pub fn kernel(&self) -> &str {
        self.told("kernel").unwrap_or_default()
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.0.iter().any(|found| found.name == name && found.outcome == Outcome::Allowed)
    }
}

/// What the container's own process, outside of the runner's wall, found.
pub fn of_pod(seen: &Seen, wall: NetworkWall, targets: &Targets) -> Vec<Finding> {
    vec![
        network_of_pod(seen, wall, targets),
        token(seen),
        rights_of_pod(seen),
        files(seen, "a pod", &[EMPTY_FOLDER, OWN_MEMORY]),
    ]
}

/// What a step found.
pub fn of_step(seen: &Seen, targets: &Targets) -> Vec<Finding> {
    vec![
        network_of_step(seen, targets),
        rights_of_step(seen),
        files(seen, "a step", &[EMPTY_FOLDER]),
        calls(seen),
        runner(seen),
        variables(seen),
    ]
}

/// Whether a pod's kernel is another than its node's, as the runtime class promises.
pub fn of_kernel(seen: &Seen, node: &str, level: IsolationLevel) -> Finding {
    let kernel = seen.kernel();
    let differs = !kernel.is_empty() && kernel != node;
    let (held, words) = match (level, differs) {
        (IsolationLevel::Process, _) => (
            true,
            format!("a job's kernel is its node's own ({kernel}), as this portal's operator agreed to"),
        ),
        (_, true) => (true, format!("a job's kernel is {kernel}, its node's is {node}")),
        (_, false) => (false, format!("a job's kernel is its node's own ({node})")),
    };
    Subject::Kernel.found(held, words)
}

fn network_of_pod(seen: &Seen, wall: NetworkWall, targets: &Targets) -> Finding {
    let reached = seen.let_through(&["connect ", "dns "]);
    let tried = seen.tried(&["connect ", "dns "]).count();
    let whom = list(&reached, |attempt| targets.who(attempt));
    let (held, words) = match (wall, reached.is_empty()) {
        _ if tried < targets.count() => {
            (false, format!("only {tried} of {} addresses were tried", targets.count()))
        }
        (NetworkWall::Policy, true) if !targets.is_anybody_there() => (
            false,
            "nobody is known to be there whom a pod could reach if it were not kept from it".to_owned(),
        ),
        (_, true) => {
            (true, format!("a pod reaches nobody, also outside of the runner's wall: {}", targets.tried()))
        }
        (NetworkWall::Policy, false) => (false, format!("outside of the runner's wall a pod reaches {whom}")),
        (NetworkWall::Runner, false) => (
            true,
            format!("the runner's wall alone keeps steps from {whom}, as this portal's operator decided"),
        ),
    };
    Subject::NetworkOfPod.found(held, words)
}

fn network_of_step(seen: &Seen, targets: &Targets) -> Finding {
    let reached = seen.let_through(&["connect ", "dns "]);
    let tried = seen.tried(&["connect ", "dns "]).count();
    let interfaces = seen.told("interfaces").unwrap_or_default();
    let words = if tried < targets.count() {
        format!("only {tried} of {} addresses were tried", targets.count())
    } else if !reached.is_empty() {
        format!("a step reaches {}", list(&reached, |attempt| targets.who(attempt)))
    } else if seen.is_allowed(INET) && !lead_nowhere(interfaces) {
        format!("a step can use the network interfaces {interfaces}")
    } else {
        let words = format!("a step reaches nobody: {}", targets.tried());
        return Subject::NetworkOfStep.found(true, words);
    };
    Subject::NetworkOfStep.found(false, words)
}

fn lead_nowhere(interfaces: &str) -> bool {
    let mut names = interfaces.split_ascii_whitespace().peekable();
    names.peek().is_some() && names.all(|name| LEADING_NOWHERE.contains(&name))
}

fn token(seen: &Seen) -> Finding {
    let read = seen.let_through(&["read "]);
    let tried = seen.tried(&["read "]).count();
    let held = read.is_empty() && tried > 0;
    let words = if held {
        "no credentials of the cluster are in a pod"
    } else {
        "a pod can read the cluster's credentials"
    };
    Subject::Token.found(held, words)
}

fn rights_of_pod(seen: &Seen) -> Finding {
    rights(seen, "a pod's processes", &["effective", "permitted", "inheritable", "ambient", "bounding"])
}

/// Within a user namespace of its own a step cannot have what its bounding set names: no program gives it.
fn rights_of_step(seen: &Seen) -> Finding {
    rights(seen, "steps", &["effective", "permitted", "inheritable", "ambient"])
}

fn rights(seen: &Seen, who: &str, sets: &[&str]) -> Finding {
    let mut wrong = Vec::new();
    let is_root = |ids: &str| ids.split_whitespace().any(|id| id == "0");
    if seen.told("user").is_none_or(|ids| ids.is_empty() || is_root(ids)) {
        wrong.push("root".to_owned());
    }
    for set in sets {
        let told = seen.told(&format!("capabilities {set}"));
        // gVisor's kernel has no ambient ones to tell of. They are never more than those that are permitted (capabilities(7)).
        if told.is_none() && *set == "ambient" {
            continue;
        }
        let value = told.unwrap_or("untold");
        if value.is_empty() || !value.bytes().all(|digit| digit == b'0') {
            wrong.push(format!("capabilities ({set}: {value})"));
        }
    }
    if seen.told("no new privileges") != Some("1") {
        wrong.push("new privileges by programs of others".to_owned());
    }
    if wrong.is_empty() {
        let words = format!("{who} are an ordinary user without capabilities, and get no new ones");
        return Subject::Rights.found(true, words);
    }
    Subject::Rights.found(false, format!("{who} have or can have: {}", wrong.join(", ")))
}

fn files(seen: &Seen, who: &str, harmless: &[&str]) -> Finding {
    let tried = seen.tried(&["create ", "write "]).count();
    let mut written = seen.let_through(&["create ", "write "]);
    written.retain(|attempt| !harmless.contains(attempt));
    if written.is_empty() && tried > 0 {
        return Subject::Files.found(
            true,
            format!("{who} can write nowhere but to its own folders in memory ({tried} attempts)"),
        );
    }
    Subject::Files.found(false, format!("{who} can: {}", list(&written, str::to_owned)))
}

fn calls(seen: &Seen) -> Finding {
    let tried =
        || seen.tried(&[""]).filter(|found| !NO_CALLS.iter().any(|prefix| found.name.starts_with(prefix)));
    let is_fine = |found: &&Attempt| match found.name.as_str() {
        // Judged with the network.
        INET => true,
        VSOCK => found.is_refused(),
        _ => found.is_refused_by_filter(),
    };
    let let_through: Vec<&str> =
        tried().filter(|found| !is_fine(found)).map(|found| found.name.as_str()).collect();
    let count = tried().count();
    if let_through.is_empty() && count > 0 {
        return Subject::Calls
            .found(true, format!("{count} calls that steps do not need are refused by the filter"));
    }
    Subject::Calls.found(false, format!("a step's calls get through: {}", list(&let_through, str::to_owned)))
}

fn runner(seen: &Seen) -> Finding {
    let mut done = seen.let_through(&["runner "]);
    done.retain(|attempt| *attempt != SIGNAL);
    if done.is_empty() {
        let words = "a step can neither read nor trace the program that reports on it";
        return Subject::Runner.found(true, words);
    }
    Subject::Runner.found(
        false,
        format!("a step can do to the program that reports on it: {}", list(&done, str::to_owned)),
    )
}

fn variables(seen: &Seen) -> Finding {
    let Some(names) = seen.told("environment") else {
        return Subject::Variables.found(false, "they were not told");
    };
    let kept_back = |name: &&str| KEPT_BACK.iter().any(|prefix| name.starts_with(prefix));
    let seen: Vec<&str> = names.split_whitespace().filter(kept_back).collect();
    if seen.is_empty() {
        return Subject::Variables.found(true, "steps' variables say nothing of the cluster");
    }
    Subject::Variables.found(false, format!("a step sees {}", list(&seen, str::to_owned)))
}

/// A few of these, in words.
fn list(names: &[&str], word: impl Fn(&str) -> String) -> String {
    let mut words: Vec<String> = names.iter().take(MAX_TOLD).map(|name| word(name)).collect();
    if names.len() > MAX_TOLD {
        words.push(format!("{} more", names.len() - MAX_TOLD));
    }
    words.join(", ")
}
