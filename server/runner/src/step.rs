//! One step from its start to the moment when nothing of it is left.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::Child;
use std::time::{Duration, Instant};

use regatta_runner::frame::{MAX_PAYLOAD, Payload, Stat};
use regatta_runner::{Body, FrameWriter, OutputStream, Spec, Stop};

use crate::disk::Disk;
use crate::memory::{self, Memory};
use crate::pace::Pace;
use crate::system::{self, Usage};

/// The exit code of a step whose time was over, as `timeout` has it.
const TIMED_OUT: i32 = 124;

/// How often processes are counted at most. A job that starts many keeps waking this one up, by their ends and by its
/// complaints that it cannot start more, so that a crowd is seen even when it is soon gone.
const COUNT: Duration = Duration::from_millis(5);
/// How often the sandbox's file systems and processes are looked at, whatever happens.
const LOOK: Duration = Duration::from_millis(100);
/// How often they are where nothing but looking keeps the job's limit of disk.
const LOOK_CLOSELY: Duration = Duration::from_millis(20);
/// How long a silent job may go without a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How much more or less the file systems must hold for that to be told before the next sign of life, in bytes.
const TELLING: u64 = 1 << 20;
/// How often the memory of processes is looked at where nobody outside sees it.
const WEIGH: Duration = Duration::from_millis(100);
/// How much more it must be for that to be told before the next sign of life, in bytes.
const TELLING_MEMORY: u64 = 32 << 20;
/// How long the end and the output of what was killed are waited for.
const DRAIN: Duration = Duration::from_secs(1);

/// Where frames go.
pub type Frames = FrameWriter<File>;

/// How a step ended.
pub struct Outcome {
    /// Its exit code: 128 + n when signal n ended it, 124 when its time was over.
    pub exit: i32,
    /// Whether its time was over.
    pub timed_out: bool,
    /// What its processes used.
    pub usage: Usage,
    /// Why the whole job has to stop, if it has.
    pub stop: Option<Stop>,
}

/// A step that runs.
pub struct RunningStep<'a> {
    spec: &'a Spec,
    disk: &'a Disk<'a>,
    memory: &'a Memory,
    processes: Option<u64>,
    look: Duration,
    step: usize,
    leader: i32,
    out: Option<File>,
    err: Option<File>,
    exit: Option<i32>,
    usage: Usage,
    deadline: Option<Instant>,
    timed_out: bool,
    childless: bool,
    stop: Option<Stop>,
    killed_at: Option<Instant>,
    counted_at: Instant,
    looked_at: Instant,
    told_at: Instant,
    told_held: u64,
    weighed_at: Instant,
    told_memory: u64,
}

impl<'a> RunningStep<'a> {
    /// The step whose shell is `child`, which with all others may make the processes in sight as many as `processes`.
    pub fn new(
        spec: &'a Spec,
        disk: &'a Disk<'a>,
        memory: &'a Memory,
        processes: Option<u64>,
        step: usize,
        child: Child,
    ) -> Self {
        let now = Instant::now();
        Self {
            spec,
            disk,
            memory,
            processes,
            look: if spec.disk_bytes.is_some() { LOOK_CLOSELY } else { LOOK },
            step,
            leader: i32::try_from(child.id()).unwrap_or(0),
            out: child.stdout.map(|pipe| File::from(OwnedFd::from(pipe))),
            err: child.stderr.map(|pipe| File::from(OwnedFd::from(pipe))),
            exit: None,
            usage: Usage::default(),
            deadline: spec.steps[step]
                .timeout_ms
                .and_then(|most| now.checked_add(Duration::from_millis(most))),
            timed_out: false,
            childless: false,
            stop: None,
            killed_at: None,
            counted_at: now,
            looked_at: now,
            told_at: now,
            told_held: 0,
            weighed_at: now,
            told_memory: 0,
        }
    }

    /// Follows it to its end. Its output is passed on at `pace`.
    pub fn follow(mut self, frames: &mut Frames, signals: &OwnedFd, pace: &mut Pace) -> io::Result<Outcome> {
        while !self.is_over() {
            // What has ended prints no more: what is left of it can be passed on at once.
            let rest = if self.exit.is_some() { Duration::ZERO } else { pace.rest(Instant::now()) };
            let pipes =
                [&self.out, &self.err].map(|pipe| pipe.as_ref().filter(|_| rest.is_zero()).map(File::as_fd));
            let wait = [pipes[0], pipes[1], Some(signals.as_fd())];
            let patience = if rest.is_zero() { self.patience() } else { self.patience().min(rest) };
            let [out, err, signalled] = system::readable(wait, patience)?;
            if out {
                forward(self.step, &mut self.out, OutputStream::Out, frames, pace)?;
            }
            if err {
                forward(self.step, &mut self.err, OutputStream::Err, frames, pace)?;
            }
            if signalled {
                self.heed(signals);
            }
            self.watch(frames)?;
        }
        if self.exit != Some(0) && self.disk.is_full() {
            self.stop = self.stop.or(Some(Stop::Disk));
        }
        let exit = if self.timed_out { TIMED_OUT } else { self.exit.unwrap_or(128 + libc::SIGKILL) };
        Ok(Outcome { exit, timed_out: self.timed_out, usage: self.usage, stop: self.stop })
    }

    /// Orphans become children of this program, so that it sees the last of them go.
    fn is_over(&self) -> bool {
        let silent = self.out.is_none() && self.err.is_none();
        let drained = (silent && self.childless) || self.killed_at.is_some_and(|at| at.elapsed() > DRAIN);
        self.exit.is_some() && drained
    }

    /// How long nothing may happen before there is something to look at.
    fn patience(&self) -> Duration {
        let left = self.deadline.filter(|_| !self.timed_out);
        left.map_or(self.look, |deadline| deadline.saturating_duration_since(Instant::now()).min(self.look))
    }

    fn heed(&mut self, signals: &OwnedFd) {
        for signal in system::signals(signals) {
            // The first process of a sandbox hears its own steps too; only the outside may end the job.
            let from_outside = signal.sender == 0 || std::process::id() != 1;
            if signal.number == libc::SIGTERM && from_outside {
                self.stop(Stop::Signal);
            }
        }
        let (ended, any_left) = system::reap();
        self.childless = !any_left;
        for child in ended {
            self.usage.add(child.usage);
            if child.pid == self.leader {
                self.exit = Some(child.code);
                // What has just failed may have failed because no more could be started.
                if child.code != 0 && self.has_too_many_processes() {
                    self.stop.get_or_insert(Stop::Processes);
                }
                self.kill_leftovers();
            }
        }
        if self.killed_at.is_some() && any_left {
            // Somebody was started meanwhile, or has just become an orphan.
            self.kill_leftovers();
        }
    }

    fn watch(&mut self, frames: &mut Frames) -> io::Result<()> {
        if self.exit.is_none() && !self.timed_out && self.deadline.is_some_and(|at| at <= Instant::now()) {
            self.timed_out = true;
            self.kill_leftovers();
        }
        if self.exit.is_none() && self.counted_at.elapsed() >= COUNT {
            self.counted_at = Instant::now();
            if self.has_too_many_processes() {
                self.stop(Stop::Processes);
            }
        }
        if self.exit.is_none() && self.looked_at.elapsed() >= self.look {
            self.looked_at = Instant::now();
            if self.disk.is_full() {
                self.stop(Stop::Disk);
            }
            if self.disk.held().abs_diff(self.told_held) >= TELLING {
                self.tell(frames)?;
            }
        }
        if self.spec.walls.is_some() && self.weighed_at.elapsed() >= WEIGH {
            self.weighed_at = Instant::now();
            // What is killed for its memory may be this program: then this was its last word.
            if memory::held().saturating_sub(self.told_memory) >= TELLING_MEMORY {
                self.tell(frames)?;
            }
        }
        if self.told_at.elapsed() >= HEARTBEAT {
            self.tell(frames)?;
        }
        Ok(())
    }

    fn tell(&mut self, frames: &mut Frames) -> io::Result<()> {
        let stat = stat(self.spec, self.disk, self.memory);
        self.told_at = Instant::now();
        self.told_held = stat.held_bytes;
        self.told_memory = stat.memory_bytes;
        frames.write(Body::Stat(stat))
    }

    fn stop(&mut self, why: Stop) {
        self.stop.get_or_insert(why);
        self.kill_leftovers();
    }

    fn kill_leftovers(&mut self) {
        system::kill_leftovers(self.leader);
        self.killed_at.get_or_insert_with(Instant::now);
    }

    /// Whether there are more processes and threads in sight than allowed.
    fn has_too_many_processes(&self) -> bool {
        let Some(limit) = self.processes else { return false };
        let tasks =
            |entry: DirEntry| fs::read_dir(entry.path().join("task")).map_or(0, Iterator::count) as u64;
        let running: u64 = fs::read_dir("/proc").into_iter().flatten().flatten().map(tasks).sum();
        running > limit
    }
}

/// Passes on what can be read now, and forgets the pipe once it is closed.
fn forward(
    step: usize,
    pipe: &mut Option<File>,
    stream: OutputStream,
    frames: &mut Frames,
    pace: &mut Pace,
) -> io::Result<()> {
    let Some(source) = pipe else { return Ok(()) };
    let mut data = vec![0; MAX_PAYLOAD];
    let read = source.read(&mut data)?;
    data.truncate(read);
    if read == 0 {
        *pipe = None;
        return Ok(());
    }
    if read < MAX_PAYLOAD {
        pace.spend(Instant::now());
    }
    frames.write(Body::Out { step, stream, data: Payload(data) })
}

/// What the job has used so far.
pub fn stat(spec: &Spec, disk: &Disk<'_>, memory: &Memory) -> Stat {
    let space = system::space(&spec.workspace).unwrap_or_default();
    let usage = system::usage();
    Stat {
        disk_free: space.free,
        disk_total: space.total,
        held_bytes: disk.held(),
        cpu_ms: millis(usage.cpu),
        peak_bytes: usage.peak_bytes,
        memory_bytes: memory::held(),
        memory_total: memory.total(),
        memory_kills: memory.kills(),
    }
}

/// A time in whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
