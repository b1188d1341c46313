//! A runner to order, outside of any sandbox, and what it reported.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regatta_runner::{Body, End, Frame, FrameReader, Identity, Manner, RunKey, Spec, SpecStep};
use tempfile::TempDir;

/// A user without rights.
const SOMEBODY: u32 = 65_532;
const KEY: [u8; RunKey::LENGTH] = [3; RunKey::LENGTH];

/// A folder with a workspace and a job for it.
pub struct Stage {
    pub folder: TempDir,
    pub spec: Spec,
    /// Packed workspaces that follow the specification.
    pub packed: Vec<Vec<u8>>,
    /// The user that steps run as, where the runner is another one.
    pub steps_as: Option<u32>,
}

/// What a runner reported.
pub struct Report {
    pub frames: Vec<Frame>,
}

pub fn step(name: &str, script: &str) -> SpecStep {
    SpecStep { name: name.into(), script: script.into(), ..SpecStep::default() }
}

pub fn program(name: &str, script: &str) -> SpecStep {
    SpecStep { manner: Manner::Program, ..step(name, script) }
}

pub fn always(step: SpecStep) -> SpecStep {
    SpecStep { always: true, ..step }
}

pub fn identity() -> Identity {
    Identity { run: "r".into(), job: 4, attempt: 1 }
}

pub fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_regatta-runner"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub fn run(steps: Vec<SpecStep>) -> Report {
    Stage::new(steps).run()
}

impl Stage {
    pub fn new(steps: Vec<SpecStep>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let spec = Spec {
            identity: identity(),
            steps,
            environment: BTreeMap::from([("GIVEN".into(), "yes".into())]),
            shell: "/bin/sh".into(),
            workspace: folder.path().join("work"),
            state: folder.path().join("state"),
            watched: vec![folder.path().to_owned()],
            files: None,
            processes: None,
            results: Vec::new(),
            metadata: None,
            unpack: Vec::new(),
            pack: false,
            walls: None,
            disk_bytes: None,
        };
        Self { folder, spec, packed: Vec::new(), steps_as: None }
    }

    /// Where the runner is root, to whom nothing is closed, the steps are somebody else.
    pub fn for_enemies(steps: Vec<SpecStep>) -> Self {
        let mut stage = Self::new(steps);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            for path in [stage.folder.path(), &stage.spec.workspace, &stage.spec.state] {
                chown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
            }
            stage.steps_as = Some(SOMEBODY);
        }
        stage
    }

    pub fn workspace(&self) -> &Path {
        &self.spec.workspace
    }

    /// The runner, with all of its input.
    pub fn start(&mut self) -> Child {
        self.spec.unpack = self.packed.iter().map(|packed| packed.len() as u64).collect();
        let user = self.steps_as.map(|user| user.to_string());
        let mut runner = match &user {
            Some(user) => start(&["run", "--steps-as", user]),
            None => start(&["run"]),
        };
        let mut input = runner.stdin.take().unwrap();
        input.write_all(&self.spec.with_key(&RunKey::new(KEY)).unwrap()).unwrap();
        for packed in &self.packed {
            // One that has seen enough takes no more.
            let _ = input.write_all(packed);
        }
        runner
    }

    pub fn run(&mut self) -> Report {
        let output = self.start().wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        Report { frames: self.frames(&output.stdout) }
    }

    pub fn frames(&self, bytes: &[u8]) -> Vec<Frame> {
        let reader = FrameReader::new(RunKey::new(KEY), identity(), self.spec.steps.len());
        let (frames, error) = { reader }.push(bytes);
        assert_eq!(error, None, "{}", String::from_utf8_lossy(bytes));
        frames
    }
}

impl Report {
    pub fn end(&self) -> &End {
        end(&self.frames)
    }

    /// Each step that ran with its exit code.
    pub fn exits(&self) -> Vec<(usize, i32)> {
        self.end().results.iter().map(|result| (result.step, result.exit)).collect()
    }

    pub fn printed(&self) -> String {
        printed(&self.frames)
    }

    /// What is handed on.
    pub fn values(&self) -> BTreeMap<&str, &str> {
        let values = self.frames.iter().filter_map(|frame| match &frame.body {
            Body::Value { name, value } => Some((name.as_str(), value.as_str())),
            _ => None,
        });
        values.collect()
    }

    /// The packed workspace.
    pub fn workspace(&self) -> Vec<u8> {
        let pieces = self.frames.iter().filter_map(|frame| match &frame.body {
            Body::Workspace { data } => Some(data.0.as_slice()),
            _ => None,
        });
        pieces.collect::<Vec<_>>().concat()
    }
}

pub fn end(frames: &[Frame]) -> &End {
    let Some(Body::End(end)) = frames.last().map(|frame| &frame.body) else { panic!("{frames:?}") };
    end
}

pub fn printed(frames: &[Frame]) -> String {
    let data = frames.iter().filter_map(|frame| match &frame.body {
        Body::Out { data, .. } => Some(data.0.as_slice()),
        _ => None,
    });
    String::from_utf8(data.collect::<Vec<_>>().concat()).unwrap()
}
