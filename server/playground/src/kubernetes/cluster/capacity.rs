//! How many pods fit a quota.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::ClusterError;
use crate::kubernetes::pod::Share;
use crate::kubernetes::quantity;

/// The room that the namespace's quotas leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// How many of our largest pods there may be at once, where nobody else has any.
    pub pods: u32,
}

/// What one pod takes of each thing that a quota counts, in thousandths, by the quota's names for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need(BTreeMap<&'static str, u128>);

impl Need {
    /// What a pod with this share takes. The runtime class's own share comes on top: it is added at admission.
    pub fn of(share: &Share, overhead: &BTreeMap<String, Quantity>) -> Self {
        let extra = |name: &str| overhead.get(name).and_then(quantity::millis).unwrap_or(0);
        let bytes = |bytes: u64| u128::from(bytes) * 1000;
        let cpu = |millis: u32| u128::from(millis) + extra("cpu");
        let memory = |amount: u64| bytes(amount) + extra("memory");
        let storage = bytes(share.ephemeral_storage) + extra("ephemeral-storage");
        let needs = [
            ("cpu", cpu(share.cpu_request)),
            ("requests.cpu", cpu(share.cpu_request)),
            ("limits.cpu", cpu(share.cpu_limit)),
            ("memory", memory(share.memory_request)),
            ("requests.memory", memory(share.memory_request)),
            ("limits.memory", memory(share.memory_limit)),
            ("ephemeral-storage", storage),
            ("requests.ephemeral-storage", storage),
            ("limits.ephemeral-storage", storage),
            ("pods", 1000),
            ("count/pods", 1000),
        ];
        Self(needs.into())
    }

    /// How many such pods fit `hard`; `None` where it limits nothing that they take.
    pub fn fits(&self, hard: &BTreeMap<String, Quantity>) -> Result<Option<Capacity>, ClusterError> {
        let mut least: Option<u32> = None;
        for (resource, amount) in hard {
            let (Some(needed), Some(given)) = (self.0.get(resource.as_str()), quantity::millis(amount))
            else {
                continue;
            };
            let Some(times) = given.checked_div(*needed) else { continue };
            if times == 0 {
                let (resource, needed, hard) = (resource.clone(), told(resource, *needed), amount.0.clone());
                return Err(ClusterError::QuotaTooSmall { resource, needed, hard });
            }
            let times = u32::try_from(times).unwrap_or(u32::MAX);
            least = Some(least.map_or(times, |least| least.min(times)));
        }
        Ok(least.map(|pods| Capacity { pods }))
    }
}

/// An amount as Kubernetes would write it.
fn told(resource: &str, millis: u128) -> String {
    if resource.ends_with("cpu") {
        return format!("{millis}m");
    }
    quantity::bytes(u64::try_from(millis.div_ceil(1000)).unwrap_or(u64::MAX)).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        Share {
            memory_limit: 512 << 20,
            memory_request: 256 << 20,
            cpu_limit: 1000,
            cpu_request: 250,
            ephemeral_storage: 256 << 20,
        }
    }

    fn list(entries: &[(&str, &str)]) -> BTreeMap<String, Quantity> {
        entries.iter().map(|(name, amount)| ((*name).to_owned(), Quantity((*amount).to_owned()))).collect()
    }

    fn fits(overhead: &[(&str, &str)], hard: &[(&str, &str)]) -> Result<Option<u32>, String> {
        let fits = Need::of(&share(), &list(overhead)).fits(&list(hard));
        fits.map(|fits| fits.map(|capacity| capacity.pods)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_scarcest_thing_decides() {
        let hard = [("pods", "12"), ("limits.cpu", "24"), ("limits.memory", "24Gi"), ("count/secrets", "1")];
        assert_eq!(fits(&[], &hard), Ok(Some(12)));
        assert_eq!(fits(&[], &[("limits.memory", "2Gi"), ("pods", "12")]), Ok(Some(4)));
        assert_eq!(fits(&[], &[("count/secrets", "1")]), Ok(None));
    }

    #[test]
    fn what_a_virtual_machine_takes_for_itself_counts() {
        let kata = [("cpu", "250m"), ("memory", "320Mi")];
        assert_eq!(fits(&kata, &[("limits.memory", "2Gi")]), Ok(Some(2)));
        assert_eq!(fits(&kata, &[("requests.cpu", "1")]), Ok(Some(2)));
    }

    #[test]
    fn a_quota_without_room_for_one_pod_says_what_is_missing() {
        let refused = fits(&[("memory", "320Mi")], &[("limits.memory", "768Mi")]).unwrap_err();
        assert!(refused.contains("832Mi of limits.memory") && refused.contains("allows 768Mi"), "{refused}");
    }
}
