//! A job: its steps one after the other, what it hands on, then its sealed end.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use regatta_runner::frame::{MAX_REASON, Payload, VERSION};
use regatta_runner::input::MAX_BYTES;
use regatta_runner::{Body, Ending, FrameWriter, OutputStream, RunKey, Spec, StepResult, Stop};

use crate::disk::Disk;
use crate::helper::{self, Helper};
use crate::job_file;
use crate::launch;
use crate::memory::Memory;
use crate::pace::Pace;
use crate::step::{self, Frames, Outcome, RunningStep};
use crate::surroundings::{self, Variables};
use crate::system::{self, Usage};
use crate::values::Gathered;
use crate::wall::{self, Enclosure};

/// The exit code of a step that cannot be started, as shells have it.
const CANNOT_START: i32 = 126;

/// How many processes more than half as many again the kernel lets a job start, to be seen beyond its limit.
const BEYOND_LIMIT: u64 = 8;
/// As how many it may where the steps' user is another: that is a slower kernel, which takes longer to be seen.
const BEYOND_LIMIT_SLOWLY: u64 = 4;

/// The most bytes that a helper says of values.
const MAX_GATHERED: usize = 4 << 20;

/// Where a job comes from, and who runs its steps.
#[derive(Default)]
pub struct Source<'a> {
    /// The file that it is in; otherwise it comes by standard input.
    pub input: Option<&'a Path>,
    /// The user that its steps are, where that is another one.
    pub steps_as: Option<u32>,
}

/// A job that is being run.
struct Job<'a> {
    spec: &'a Spec,
    disk: Disk<'a>,
    memory: Memory,
    enclosure: &'a Enclosure,
    helper: Helper<'a>,
    variables: Variables,
    signals: OwnedFd,
    frames: Frames,
    pace: Pace,
    ending: Ending,
}

/// Runs the job that comes from `source`. `program` is how this program was called.
pub fn run(program: &Path, source: &Source<'_>) -> Result<(), String> {
    let failed = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    source.steps_as.map_or(Ok(()), system::act_as).map_err(failed("cannot act as its steps' user"))?;
    // Who becomes another user may lose what protected it.
    system::harden().map_err(failed("cannot protect itself"))?;
    let [input, out] =
        system::private_standard_streams().map_err(failed("cannot keep its input and output to itself"))?;
    let taken = source.input.map(job_file::take).transpose().map_err(failed("cannot take its job away"))?;
    let (key, spec, packed) =
        read(input, taken).map_err(|reason| format!("cannot read the job: {reason}"))?;
    let signals = system::signal_descriptor().map_err(failed("cannot listen for signals"))?;
    if let Some(count) = spec.processes {
        let most = most_processes(count, source.steps_as.is_some());
        system::limit_processes(most).map_err(failed("cannot limit processes"))?;
    }
    system::be_nice();
    let program = own_path(program).map_err(failed("cannot find itself"))?;
    let (disk, memory) = (Disk::of(&spec), Memory::of(&spec));
    let variables = surroundings::prepare(&spec, &program).map_err(failed("cannot prepare its folder"))?;
    let built = wall::build(&spec, &program);
    let (enclosure, fault) =
        built.map_or_else(|fault| (Enclosure::none(), Some(fault)), |enclosure| (enclosure, None));
    let helper = Helper { program: &program, enclosure: &enclosure };
    let (frames, pace, ending) = (FrameWriter::new(out), Pace::from(Instant::now()), Ending::default());
    let job = Job {
        spec: &spec,
        disk,
        memory,
        enclosure: &enclosure,
        helper,
        variables,
        signals,
        frames,
        pace,
        ending,
    };
    job.report(&key, packed, fault.as_deref()).map_err(failed("cannot report"))
}

/// The job in `taken`, if there is one, otherwise in `input`: the key, the specification, and the packed workspaces. A file
/// is read to its end and closed: some kernels let steps see what their runner has open.
fn read(input: File, taken: Option<File>) -> Result<(RunKey, Spec, Box<dyn Read>), String> {
    let Some(taken) = taken else {
        let (key, spec, packed) = Spec::read(input)?;
        return Ok((key, spec, Box::new(packed)));
    };
    let (key, spec, rest) = Spec::read(taken)?;
    let mut packed = Vec::new();
    rest.take(MAX_BYTES as u64).read_to_end(&mut packed).map_err(|error| error.to_string())?;
    Ok((key, spec, Box::new(Cursor::new(packed))))
}

/// How many processes the kernel lets the job have. Kernels on which steps are another user are slower to be looked at.
fn most_processes(count: u64, slow: bool) -> u64 {
    if slow { count * BEYOND_LIMIT_SLOWLY } else { count + count / 2 + BEYOND_LIMIT }
}

/// Where this program is. The link of the kernel's is not asked first: it knows no name for a program that came through a
/// descriptor.
fn own_path(called: &Path) -> io::Result<PathBuf> {
    if called.is_absolute() { Ok(called.to_owned()) } else { std::env::current_exe() }
}

impl Job<'_> {
    /// `fault` is why no wall stands where one should.
    fn report(mut self, key: &RunKey, packed: Box<dyn Read>, fault: Option<&str>) -> io::Result<()> {
        let identity = self.spec.identity.clone();
        let (steps, wall) = (self.spec.steps.len(), self.enclosure.wall());
        self.frames.write(Body::Hello { version: VERSION, identity, steps, wall })?;
        match fault {
            Some(fault) => self.stop(Stop::Wall, fault),
            None => self.unpack(packed)?,
        }
        for number in 0..self.spec.steps.len() {
            if self.has_its_turn(number) {
                self.step(number)?;
            }
        }
        self.frames.end(key, &self.spec.identity, self.ending)
    }

    /// Unpacks the workspaces that follow the specification.
    fn unpack(&mut self, mut packed: Box<dyn Read>) -> io::Result<()> {
        for length in &self.spec.unpack {
            let mut archive = packed.by_ref().take(*length);
            let arguments = [OsStr::new(helper::UNPACK), self.spec.workspace.as_os_str()];
            if let Err(reason) = self.helper.run(&arguments, &mut archive, |_| Ok(()))? {
                self.stop(Stop::Unpacking, &reason);
                return Ok(());
            }
            // What pads an archive may not have been read.
            io::copy(&mut archive, &mut io::sink())?;
        }
        Ok(())
    }

    fn stop(&mut self, stop: Stop, reason: &str) {
        let end = reason.floor_char_boundary(MAX_REASON);
        self.ending.stopped = Some(stop);
        self.ending.reason = Some(reason[..end].to_owned());
    }

    fn has_its_turn(&self, number: usize) -> bool {
        self.ending.stopped.is_none() && (self.spec.steps[number].always || !self.has_failed())
    }

    fn has_failed(&self) -> bool {
        self.ending.results.iter().any(|result| result.exit != 0 && !self.spec.steps[result.step].tolerated)
    }

    fn step(&mut self, number: usize) -> io::Result<()> {
        self.frames.write(Body::StepStart { step: number })?;
        let started = Instant::now();
        let start = &self.spec.steps[number];
        let outcome = match launch::start(self.spec, &self.variables, self.enclosure, start) {
            Ok(child) => {
                let processes = self.spec.processes.map(|most| most + self.enclosure.own_processes());
                let running = RunningStep::new(self.spec, &self.disk, &self.memory, processes, number, child);
                running.follow(&mut self.frames, &self.signals, &mut self.pace)?
            }
            Err(error) => {
                self.say(number, &format!("the step cannot be started: {error}"))?;
                Outcome { exit: CANNOT_START, timed_out: false, usage: Usage::default(), stop: None }
            }
        };
        let Outcome { exit, timed_out, usage, stop } = outcome;
        self.ending.stopped = stop;
        let result = StepResult {
            step: number,
            exit,
            timed_out,
            took_ms: step::millis(started.elapsed()),
            cpu_ms: step::millis(usage.cpu),
            peak_bytes: usage.peak_bytes,
        };
        self.ending.results.push(result.clone());
        self.frames.write(Body::Stat(step::stat(self.spec, &self.disk, &self.memory)))?;
        // What there is to say of what the job hands on is said by its last step.
        if stop.is_none() && !(number + 1..self.spec.steps.len()).any(|later| self.has_its_turn(later)) {
            self.hand_on_values(number)?;
            self.hand_on_workspace(number)?;
        }
        self.frames.write(Body::StepEnd(result))
    }

    /// Says something to whoever reads the step's output.
    fn say(&mut self, step: usize, words: &str) -> io::Result<()> {
        let data = Payload(format!("{words}\n").into_bytes());
        self.frames.write(Body::Out { step, stream: OutputStream::Err, data })
    }

    fn hand_on_values(&mut self, step: usize) -> io::Result<()> {
        if self.spec.results.is_empty() && self.spec.metadata.is_none() {
            return Ok(());
        }
        let names = self.spec.results.iter().filter(|name| is_a_file_name(name)).map(OsStr::new);
        let arguments: Vec<&OsStr> =
            [OsStr::new(helper::GATHER), self.spec.state.as_os_str()].into_iter().chain(names).collect();
        let mut gathered = Vec::new();
        let told = self.helper.run(&arguments, io::empty(), |piece| {
            let room = MAX_GATHERED.saturating_sub(gathered.len());
            gathered.extend_from_slice(&piece[..piece.len().min(room)]);
            Ok(())
        })?;
        if let Err(reason) = told {
            return self.say(step, &format!("nothing is handed on: {reason}"));
        }
        for line in gathered.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line)? {
                Gathered::Value { name, value } => self.frames.write(Body::Value { name, value })?,
                Gathered::LeftOut(why) => self.say(step, &why)?,
            }
        }
        Ok(())
    }

    fn hand_on_workspace(&mut self, step: usize) -> io::Result<()> {
        if !self.spec.pack || self.has_failed() {
            return Ok(());
        }
        let arguments = [OsStr::new(helper::PACK), self.spec.workspace.as_os_str()];
        let mut bytes = 0;
        let told = self.helper.run(&arguments, io::empty(), |piece| {
            bytes += piece.len() as u64;
            self.frames.write(Body::Workspace { data: Payload(piece.to_vec()) })
        })?;
        match told {
            Ok(words) => {
                self.ending.packed = Some(bytes);
                if words.is_empty() { Ok(()) } else { self.say(step, &words) }
            }
            Err(reason) => {
                self.stop(Stop::Packing, &reason);
                Ok(())
            }
        }
    }
}

/// Whether a file of this name is in its folder, wherever that is.
fn is_a_file_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && !matches!(name, "." | "..")
}
