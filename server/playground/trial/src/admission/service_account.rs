//! A pod acts as a service account of its namespace.

use k8s_openapi::api::core::v1::{
    Container, Pod, ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection, Volume,
    VolumeMount, VolumeProjection,
};

use crate::identity;
use crate::store::{Key, Objects, read};

/// Where its token is mounted.
pub const TOKEN_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// How the volumes with tokens are named.
pub const TOKEN_VOLUME: &str = "kube-api-access-";

/// Gives `pod` its service account, and its token where that is not declined.
pub fn admit(objects: &Objects, key: &Key, pod: &mut Pod) -> Result<(), String> {
    let Some(spec) = pod.spec.as_mut() else { return Ok(()) };
    let name = spec.service_account_name.get_or_insert_with(|| "default".to_owned()).clone();
    spec.service_account = Some(name.clone());
    let place = Key { plural: "serviceaccounts", namespace: key.namespace.clone(), name: name.clone() };
    let account: ServiceAccount = objects.get(&place).and_then(|value| read(value)).ok_or_else(|| {
        format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            key.namespace
        )
    })?;
    let wanted = spec.automount_service_account_token.or(account.automount_service_account_token);
    if wanted.unwrap_or(true) {
        let volume = format!("{TOKEN_VOLUME}{}", identity::suffix());
        spec.volumes.get_or_insert_default().push(token_volume(&volume));
        let first = spec.init_containers.iter_mut().flatten();
        for container in first.chain(&mut spec.containers) {
            mount(container, &volume);
        }
    }
    Ok(())
}

fn token_volume(name: &str) -> Volume {
    let token = ServiceAccountTokenProjection {
        path: "token".to_owned(),
        ..ServiceAccountTokenProjection::default()
    };
    let source = VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() };
    let projected = ProjectedVolumeSource { sources: Some(vec![source]), ..ProjectedVolumeSource::default() };
    Volume { name: name.to_owned(), projected: Some(projected), ..Volume::default() }
}

fn mount(container: &mut Container, volume: &str) {
    container.volume_mounts.get_or_insert_default().push(VolumeMount {
        name: volume.to_owned(),
        mount_path: TOKEN_FOLDER.to_owned(),
        read_only: Some(true),
        ..VolumeMount::default()
    });
}
