//! A pod to order, and what it reported.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use regatta_runner::attempt::{self, Finding};
use regatta_runner::frame::Payload;
use regatta_runner::{Body, End, Frame, FrameReader, Identity, RunKey, Spec, SpecStep, Wall, Walls, input};
use tempfile::TempDir;

use crate::place::{Place, SOMEBODY, is_root};

/// The program, where pods have it.
pub const RUNNER: &str = "/regatta/bin/regatta-runner";
/// Every byte of the key.
pub const KEY_BYTE: u8 = 0xa7;
/// Where the job comes from.
const JOB: &str = "/regatta/input/job";

pub struct Pod {
    place: Place,
    folder: TempDir,
    pub spec: Spec,
    /// Packed workspaces that follow the specification.
    pub packed: Vec<Vec<u8>>,
}

pub struct Report {
    pub frames: Vec<Frame>,
}

fn key() -> RunKey {
    RunKey::new([KEY_BYTE; RunKey::LENGTH])
}

fn identity() -> Identity {
    Identity { run: "r".into(), job: 0, attempt: 0 }
}

impl Pod {
    /// One whose steps run these scripts, whatever becomes of those before.
    pub fn new(place: Place, scripts: &[&str]) -> Self {
        let step = |script: &&str| SpecStep {
            name: "step".into(),
            script: (*script).to_owned(),
            always: true,
            ..SpecStep::default()
        };
        let spec = Spec {
            identity: identity(),
            steps: scripts.iter().map(step).collect(),
            environment: BTreeMap::from([("GIVEN".into(), "yes".into())]),
            shell: "/bin/sh".into(),
            workspace: "/workspace".into(),
            state: "/regatta/state".into(),
            watched: ["/workspace", "/tmp", "/dev/shm"].map(Into::into).to_vec(),
            files: Some(10_000),
            processes: Some(64),
            results: Vec::new(),
            metadata: None,
            unpack: Vec::new(),
            pack: false,
            walls: Some(Walls::default()),
            disk_bytes: Some(8 << 20),
        };
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "input"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        if is_root() {
            for name in ["", "bin", "input"] {
                chown(folder.path().join(name), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
            }
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { place, folder, spec, packed: Vec::new() }
    }

    pub fn filtered(mut self, filter: Vec<u8>) -> Self {
        self.spec.walls = Some(Walls { filters: vec![Payload(filter)] });
        self
    }

    /// Runs it: first what brings the runner and the job, then the job.
    pub fn run(&mut self) -> Report {
        self.install();
        let output = self.container(&["run", "--input", JOB]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told, "", "{}", String::from_utf8_lossy(&output.stdout));
        let reader = FrameReader::new(key(), identity(), self.spec.steps.len());
        let (frames, error) = { reader }.push(&output.stdout);
        assert_eq!(error, None, "{}", String::from_utf8_lossy(&output.stdout));
        Report { frames }
    }

    /// What attempts find as the container's only program.
    pub fn findings_outside(&mut self, arguments: &[&str]) -> Vec<Finding> {
        self.install();
        let output = self.container(&[&["attempt", "--pod"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        attempt::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// What the pod's volumes hold once its init container has ended.
    fn install(&mut self) {
        self.spec.unpack = self.packed.iter().map(|packed| packed.len() as u64).collect();
        let mut bytes = self.spec.with_key(&key()).unwrap();
        bytes.extend(self.packed.concat());
        let chunks = input::pack(&bytes).unwrap();
        let mut init = Command::new(env!("CARGO_BIN_EXE_regatta-runner"));
        init.env_clear().envs((0..).map(input::name).zip(chunks));
        init.arg("install").arg(self.folder.path().join("bin"));
        init.arg("--input").arg(self.folder.path().join("input/job"));
        if is_root() {
            init.uid(SOMEBODY).gid(SOMEBODY);
        }
        let output = init.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn container(&self, arguments: &[&str]) -> Output {
        self.place.command(self.folder.path(), &[&[RUNNER], arguments].concat()).output().unwrap()
    }

    pub fn is_taken(&self) -> bool {
        fs::read_dir(self.folder.path().join("input")).unwrap().next().is_none()
    }
}

impl Report {
    pub fn wall(&self) -> Option<Wall> {
        let Body::Hello { wall, .. } = &self.frames[0].body else { panic!("{:?}", self.frames) };
        *wall
    }

    pub fn end(&self) -> &End {
        let Some(Body::End(end)) = self.frames.last().map(|frame| &frame.body) else {
            panic!("{:?}", self.frames)
        };
        end
    }

    pub fn exits(&self) -> Vec<i32> {
        self.end().results.iter().map(|result| result.exit).collect()
    }

    pub fn printed(&self) -> String {
        let data = self.frames.iter().filter_map(|frame| match &frame.body {
            Body::Out { data, .. } => Some(data.0.as_slice()),
            _ => None,
        });
        String::from_utf8_lossy(&data.collect::<Vec<_>>().concat()).into_owned()
    }

    pub fn workspace(&self) -> Vec<u8> {
        let pieces = self.frames.iter().filter_map(|frame| match &frame.body {
            Body::Workspace { data } => Some(data.0.as_slice()),
            _ => None,
        });
        pieces.collect::<Vec<_>>().concat()
    }
}
