//! Who plays the cases: a program of its own for each executor and each user, all at once, so that what one leaves behind is
//! known to be its own. In each, one case follows the other; those that look at the clock have the machine for themselves.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::thread;

use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

use crate::stage::{Case, Stage};
use crate::traces::is_root;
use crate::{
    attacks, bounds, crashes, deception, exchange, kernel_memory, killed_portal, late_cleanup, network, work,
};

/// The executors, each with the user id that plays its cases where nobody may have rights. No account has these, and no
/// sandbox takes them.
const EXECUTORS: [(&str, u32); 2] = [("bubblewrap", 60_790), ("gvisor", 60_791)];

const PART: &str = "SANDBOX_TESTS_PART";
const TROUPE: &str = "troupe ";
const PORTAL: &str = "doomed portal ";

/// What this program is to do.
pub enum Part {
    /// See to it that everything is played.
    Director,
    /// Play everything on one executor.
    Troupe(&'static str),
    /// Be a portal that is killed.
    DoomedPortal(&'static str),
}

impl Part {
    /// The part that whoever started this program gave to it.
    pub fn of_this_program() -> Self {
        let part = std::env::var(PART).unwrap_or_default();
        let named = |name: &str| EXECUTORS.iter().map(|(executor, _)| *executor).find(|known| *known == name);
        let troupe = part.strip_prefix(TROUPE).and_then(named).map(Self::Troupe);
        let portal = part.strip_prefix(PORTAL).and_then(named).map(Self::DoomedPortal);
        troupe.or(portal).unwrap_or(Self::Director)
    }

    /// This program as a portal that is to be killed.
    pub fn doomed_portal(executor: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(PART, format!("{PORTAL}{executor}"));
        command
    }
}

/// The machine, which the troupes share, or which one has for itself while it is held.
struct Floor {
    _lock: File,
}

impl Floor {
    const PATH: &str = "SANDBOX_TESTS_FLOOR";
    /// Held while waiting for the floor, so that who wants it alone is not passed by for ever.
    const DOOR: &str = "door";
    const FLOOR: &str = "floor";

    /// A folder with what all troupes lock.
    fn lay() -> TempDir {
        let folder = tempfile::Builder::new().prefix("sandbox-tests-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in [Self::DOOR, Self::FLOOR] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn take(alone: bool) -> Self {
        let folder = std::env::var_os(Self::PATH).map(PathBuf::from).unwrap();
        let door = File::open(folder.join(Self::DOOR)).unwrap();
        door.lock().unwrap();
        let floor = File::open(folder.join(Self::FLOOR)).unwrap();
        if alone { floor.lock() } else { floor.lock_shared() }.unwrap();
        Self { _lock: floor }
    }
}

/// Has everything played by everybody, and tells how it went.
pub fn direct() -> ExitCode {
    // Two programs that play at once would take each other's processes for left behind. The lock is on a file that is
    // there anyway, and ends with this program.
    let lock = File::open("/bin/sh").unwrap();
    lock.lock().unwrap();
    let root = is_root();
    let floor = Floor::lay();
    let floor = floor.path();
    let performances: Vec<(String, Output)> = thread::scope(|scope| {
        let mut playing = Vec::new();
        for (executor, ordinary) in EXECUTORS {
            let own = if root { "root" } else { "an ordinary user" };
            playing.push((format!("{executor}, by {own}"), scope.spawn(move || perform(executor, floor))));
            if root {
                let title = format!("{executor}, by an ordinary user");
                playing.push((title, scope.spawn(move || perform_as(executor, floor, ordinary))));
            }
        }
        playing.into_iter().map(|(title, performance)| (title, performance.join().unwrap())).collect()
    });
    let mut all_well = true;
    for (title, Output { status, stdout, stderr }) in performances {
        println!("\n== on {title}\n{}", String::from_utf8_lossy(&stdout));
        eprint!("{}", String::from_utf8_lossy(&stderr));
        all_well &= status.success();
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn troupe(program: &Path, executor: &str, floor: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(PART, format!("{TROUPE}{executor}"));
    command.env(Floor::PATH, floor);
    command
}

fn perform(executor: &str, floor: &Path) -> Output {
    troupe(&std::env::current_exe().unwrap(), executor, floor).output().unwrap()
}

/// The same by a user without rights, who gets a copy of this program and a folder of his own.
fn perform_as(executor: &str, floor: &Path, user: u32) -> Output {
    let folder = tempfile::Builder::new().prefix("sandbox-tests-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("hostile");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    chown(&temporary, Some(user), Some(user)).unwrap();
    let mut command = troupe(&program, executor, floor);
    let given = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let given: Vec<_> = given.collect();
    command.env_clear().envs(given);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", &temporary);
    command.env("PLANTED_SECRET", "nobody should read this").current_dir(folder.path()).uid(user).gid(user);
    let output = command.output().unwrap();
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
    output
}

/// Plays every case on this executor, or says why none can be.
pub fn play(executor: &'static str, arguments: &Arguments) -> ExitCode {
    let stage = match Stage::open(executor) {
        Ok(stage) => Some(&*Box::leak(Box::new(stage))),
        Err(unavailable) if executor == "gvisor" => {
            println!("not available: {unavailable}");
            None
        }
        Err(unavailable) => panic!("{unavailable}"),
    };
    let cases = [
        attacks::CASES,
        deception::CASES,
        network::CASES,
        bounds::CASES,
        kernel_memory::CASES,
        crashes::CASES,
        exchange::CASES,
        killed_portal::CASES,
        late_cleanup::CASES,
        work::CASES,
    ];
    let trial = |&case: &Case| match stage {
        Some(stage) => Trial::test(case.name, move || {
            let _floor = Floor::take(case.against_the_clock);
            stage.play(case.play);
            Ok(())
        }),
        None => Trial::test(case.name, || Ok(())).with_ignored_flag(true),
    };
    let trials = cases.into_iter().flatten().map(trial).collect();
    let one_by_one = Arguments { test_threads: Some(1), ..arguments.clone() };
    libtest_mimic::run(&one_by_one, trials).exit_code()
}
