//! A job: its steps one after the other, then its sealed end.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use regatta_runner::frame::{Payload, VERSION};
use regatta_runner::{Body, Ending, FrameWriter, OutputStream, RunKey, Spec, StepResult, Stop};

use crate::shell;
use crate::step::{self, Frames, RunningStep};
use crate::system;

/// The exit code of a step whose shell cannot be started, as shells have it.
const CANNOT_START: i32 = 126;

/// How many processes more than half as many again the kernel lets a job start, to be seen beyond its limit.
const BEYOND_LIMIT: u64 = 8;

/// Runs the job that standard input describes, its steps as `user` where it is given.
pub fn run(user: Option<u32>) -> Result<(), String> {
    let failed = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    system::harden().map_err(failed("cannot protect itself"))?;
    user.map_or(Ok(()), system::act_as).map_err(failed("cannot act as its steps' user"))?;
    let (key, spec, _packed) =
        Spec::read(io::stdin()).map_err(|reason| format!("cannot read the job: {reason}"))?;
    let out = system::private_stdout().map_err(failed("cannot keep standard output to itself"))?;
    let signals = system::signal_descriptor().map_err(failed("cannot listen for signals"))?;
    if let Some(count) = spec.processes {
        system::limit_processes(count + count / 2 + BEYOND_LIMIT)
            .map_err(failed("cannot limit processes"))?;
    }
    system::be_nice();
    report(&spec, &key, &signals, FrameWriter::new(out)).map_err(failed("cannot report"))
}

fn report(spec: &Spec, key: &RunKey, signals: &OwnedFd, mut frames: Frames) -> io::Result<()> {
    let identity = spec.identity.clone();
    frames.write(Body::Hello { version: VERSION, identity, steps: spec.steps.len() })?;
    let mut results: Vec<StepResult> = Vec::new();
    let mut stopped = None;
    for (number, step) in spec.steps.iter().enumerate() {
        let failed = results.iter().any(|result| result.exit != 0);
        if stopped.is_some() || (failed && !step.always) {
            continue;
        }
        let (result, stop) = run_step(spec, number, signals, &mut frames)?;
        results.push(result);
        stopped = stop;
    }
    frames.end(key, &spec.identity, Ending { stopped, results, ..Ending::default() })
}

fn run_step(
    spec: &Spec,
    number: usize,
    signals: &OwnedFd,
    frames: &mut Frames,
) -> io::Result<(StepResult, Option<Stop>)> {
    frames.write(Body::StepStart { step: number })?;
    let started = Instant::now();
    let (exit, stop) = match shell::start(spec, &spec.steps[number]) {
        Ok(child) => RunningStep::new(spec, number, child).follow(frames, signals)?,
        Err(error) => {
            let data = Payload(format!("cannot start {}: {error}\n", spec.shell.display()).into_bytes());
            frames.write(Body::Out { step: number, stream: OutputStream::Err, data })?;
            (CANNOT_START, None)
        }
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let result = StepResult { step: number, exit, took_ms, ..StepResult::default() };
    frames.write(Body::Stat(step::stat(spec)))?;
    frames.write(Body::StepEnd(result.clone()))?;
    Ok((result, stop))
}
