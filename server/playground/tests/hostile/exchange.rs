//! Games with what a job hands on, and with what it is handed.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_domain::run::{Ending, Stream};
use tar::{Builder, EntryType, Header};

use crate::cases;
use crate::stage::{Stage, job, small};

cases![
    results_that_are_no_plain_files_are_left_out,
    a_workspace_with_traps_in_it_is_packed_without_them,
    archives_that_lead_out_are_refused,
    metadata_that_was_tampered_with_is_left_out,
];

async fn results_that_are_no_plain_files_are_left_out(stage: &Stage) {
    let script = "cd \"$RESULTS_DIR\"; mkfifo pipe; ln -s /etc/passwd link; ln -s /proc/1/environ runner; mkdir folder\n\
        truncate -s 60M giant; printf '\\377\\376' > bytes; ln -s /dev/zero endless; printf fine > plain";
    let names = ["pipe", "link", "runner", "folder", "giant", "bytes", "endless", "plain", "missing"];
    let mut games = job(&[script], small());
    games.results = names.map(str::to_owned).to_vec();
    let told = stage.run(&games).await;
    told.assert_ended(Ending::Succeeded);
    let handed_on: Vec<_> = told.handed_on().into_iter().collect();
    assert_eq!(handed_on, [("plain".to_owned(), "fine".to_owned())]);
}

async fn metadata_that_was_tampered_with_is_left_out(stage: &Stage) {
    let tamper = "cd /pg/state && for file in *; do rm -rf \"$file\"; ln -s /proc/1/environ \"$file\"; done 2>/dev/null; :";
    let mut games = job(&["meta set good yes", tamper], small());
    games.metadata = Some(BTreeMap::new());
    let told = stage.run(&games).await;
    told.assert_ended_in(&[Ending::Succeeded, Ending::Failed]);
    assert!(told.handed_on().values().all(|value| !value.contains("PATH=")), "{told:?}");
}

async fn a_workspace_with_traps_in_it_is_packed_without_them(stage: &Stage) {
    let script = "mkfifo pipe; ln -s /etc/passwd absolute; ln -s ../../etc/passwd climbing; ln -s plain inside\n\
        echo content > plain; chmod 6755 plain; mkdir -p deep/er; ln plain deep/hard; ln -s /proc/self/root deep/root\n\
        perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un(\"socket\"))'";
    let mut packing = job(&[script], small());
    packing.pack = true;
    let told = stage.run(&packing).await;
    told.assert_ended(Ending::Succeeded);
    let mut unpacking =
        job(&["find . ! -type d | sort; cat inside; find . -perm /6000; stat -c %u plain"], small());
    unpacking.unpack = vec![told.outcome.workspace.clone().unwrap()];
    let told = stage.run(&unpacking).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "./deep/hard\n./inside\n./plain\ncontent\n65532\n");
}

/// An archive of one entry, whatever its name.
fn archive(name: &str, kind: EntryType, target: Option<&str>, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    if let Some(target) = target {
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    }
    header.set_entry_type(kind);
    header.set_mode(0o6777);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut archive = Builder::new(Vec::new());
    archive.append(&header, content).unwrap();
    archive.into_inner().unwrap()
}

async fn archives_that_lead_out_are_refused(stage: &Stage) {
    let hostile = [
        archive("/tmp/outside", EntryType::Regular, None, b"x"),
        archive("../tmp/outside", EntryType::Regular, None, b"x"),
        archive("a/../../tmp/outside", EntryType::Regular, None, b"x"),
        archive("link", EntryType::Symlink, Some("/tmp"), b""),
        archive("link", EntryType::Link, Some("/etc/passwd"), b""),
        archive("device", EntryType::Block, None, b""),
        archive("pipe", EntryType::Fifo, None, b""),
        vec![0xff; 4096],
    ];
    for archive in hostile {
        let mut unpacking = job(&["ls -A /tmp /workspace"], small());
        unpacking.unpack = vec![Arc::from(archive)];
        let told = stage.run(&unpacking).await;
        told.assert_ended(Ending::Failed);
        assert_eq!(told.exits(), [], "{told:?}");
        assert!(told.outcome.reason.as_deref().is_some_and(|reason| reason.contains("unpacked")), "{told:?}");
    }
}
