//! What can be asked of runs and of the playground.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Accountable, Written};

/// `regatta run`
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// The pipeline's file, `-` for standard input.
    pub file: PathBuf,
    /// A value for a parameter of the pipeline; may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = crate::commands::run::parameter)]
    pub parameters: Vec<(String, String)>,
    /// What the file is written in; found out where it is left out.
    #[arg(long, value_parser = crate::commands::run::dialect)]
    pub dialect: Option<regatta_domain::pipeline::Dialect>,
    /// What to run it with; as configured where it is left out.
    #[arg(long, value_parser = crate::commands::run::executor)]
    pub executor: Option<crate::config::ExecutorName>,
    /// Write each event of the log and then the ending as a line of JSON.
    #[arg(long)]
    pub json: bool,
}

/// `regatta runs …`
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// List runs, newest first.
    List {
        /// Only of this demo.
        #[arg(long, value_name = "DEMO")]
        demo: Option<regatta_domain::slug::Slug>,
        /// Only in this state.
        #[arg(long, value_name = "STATE", value_parser = crate::commands::runs::state)]
        state: Option<regatta_domain::run::RunState>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Take runs or shared texts away from the public.
    Hide(RunsToChange),
    /// Give hidden runs or shared texts back to the public.
    Unhide(RunsToChange),
    /// Stop runs that wait or are under way.
    Cancel(RunsToChange),
}

/// One or more runs to be changed alike.
#[derive(Clone, Debug, Args)]
pub struct RunsToChange {
    /// Their identities, as in their addresses.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub accountable: Accountable,
}

/// `regatta playground pod`
#[derive(Clone, Debug, Args)]
pub struct PodOf {
    /// The pipeline's file, `-` for standard input.
    pub file: PathBuf,
    /// Which of its jobs; may be left out where it has one only.
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// What the file is written in; found out where it is left out.
    #[arg(long, value_parser = crate::commands::run::dialect)]
    pub dialect: Option<regatta_domain::pipeline::Dialect>,
}

/// `regatta playground …`
#[derive(Debug, Subcommand)]
pub enum Playground {
    /// Print the pod that a job would run in on Kubernetes, as YAML; needs neither cluster nor database.
    Pod(PodOf),
    /// What operators decide while it runs.
    #[command(flatten)]
    Switches(PlaygroundSwitches),
}

/// What operators decide of a playground while it runs, and see of it.
#[derive(Debug, Subcommand)]
pub enum PlaygroundSwitches {
    /// Say what the playground does, and how busy it is.
    Status {
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Take runs and run them.
    Open(Accountable),
    /// Take runs, and let them wait; what is under way goes on.
    Pause(Accountable),
    /// Take no more runs; what waits is still run.
    Drain(Accountable),
    /// Take no runs and start none; what there is can be looked at.
    ReadOnly(Accountable),
    /// Let visitors run texts of their own, or only the demos.
    EditedRuns {
        /// Whether they may.
        #[arg(value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::Set, value_name = "on|off")]
        allowed: bool,
        /// Who and why.
        #[command(flatten)]
        accountable: Accountable,
    },
}
