//! What the probe looks at, and what an operator can do where it is not as it should be.

use super::Finding;

/// One thing that the probe looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The kernel that a pod has.
    Kernel,
    /// What a pod's container reaches, outside of the runner's wall.
    NetworkOfPod,
    /// What a step reaches.
    NetworkOfStep,
    /// Whether the cluster's credentials are in a pod.
    Token,
    /// Who a pod's processes are, and what they may.
    Rights,
    /// What can be written to.
    Files,
    /// What a step may ask of its kernel.
    Calls,
    /// What a step can do to the runner.
    Runner,
    /// What a step is told by its variables.
    Variables,
    /// The limit of memory.
    Memory,
    /// The limit of the workspace.
    Disk,
    /// The limit of time.
    Time,
}

impl Subject {
    /// A finding on it.
    pub fn found(self, held: bool, words: impl Into<String>) -> Finding {
        Finding { what: self.what().to_owned(), held, words: words.into() }
    }

    /// What to do where `finding` is not as it should be; whole sentences but for the last full stop.
    pub fn fix(finding: &Finding) -> &'static str {
        let subject = Self::ALL.into_iter().find(|subject| subject.what() == finding.what);
        subject.map_or(REPORT, Self::remedy)
    }

    const ALL: [Self; 12] = [
        Self::Kernel,
        Self::NetworkOfPod,
        Self::NetworkOfStep,
        Self::Token,
        Self::Rights,
        Self::Files,
        Self::Calls,
        Self::Runner,
        Self::Variables,
        Self::Memory,
        Self::Disk,
        Self::Time,
    ];

    fn what(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::NetworkOfPod => "network of a pod",
            Self::NetworkOfStep => "network of a step",
            Self::Token => "credentials",
            Self::Rights => "rights",
            Self::Files => "files",
            Self::Calls => "system calls",
            Self::Runner => "the runner",
            Self::Variables => "variables",
            Self::Memory => "limit of memory",
            Self::Disk => "limit of the workspace",
            Self::Time => "limit of time",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Kernel => {
                "The runtime class does not do what its handler's name says: see the configuration of containerd or CRI-O on \
                 the node, or choose another in playground.kubernetes.runtime_class"
            }
            Self::NetworkOfPod => {
                "Install a network plugin that enforces network policies (Calico or Cilium, for example) and see that the \
                 playground's namespace has its policy; or set playground.kubernetes.network = \"runner\" if the runner's \
                 own wall around steps is enough for you"
            }
            Self::Token => {
                "Something mounts credentials into pods though they ask for none: see the cluster's admission webhooks"
            }
            Self::Rights | Self::Files => {
                "Something changes pods after they were made, or the container runtime ignores what they ask for: see the \
                 cluster's admission webhooks and the node's runtime"
            }
            Self::Memory | Self::Disk => {
                "The node's runtime does not keep limits, or the image lacks a shell that can use them up: see \
                 playground.kubernetes.images and the runtime class"
            }
            Self::NetworkOfStep | Self::Calls | Self::Runner | Self::Variables | Self::Time => REPORT,
        }
    }
}

const REPORT: &str = "Pipelines stay off on this cluster. Try another runtime class, or another executor";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_known_by_its_name() {
        for subject in Subject::ALL {
            assert_eq!(Subject::fix(&subject.found(false, "")), subject.remedy());
        }
    }
}
