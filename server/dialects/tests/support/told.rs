//! A reading in words, for snapshots.

use std::fmt::Write as _;

use regatta_domain::pipeline::{
    Accepts, Condition, Job, Manner, Need, Parameter, ParameterKind, Piece, Problem, Reading, Step, Template,
};

/// All that a reader learns of a text: what keeps it from running, the pipeline, the notes.
pub fn told(reading: &Reading) -> String {
    let mut told = String::new();
    for diagnostic in &reading.diagnostics {
        let refused = if diagnostic.problem == Problem::Refused { " (refused)" } else { "" };
        writeln!(told, "{diagnostic}{refused}").unwrap();
        if let Some(hint) = &diagnostic.hint {
            writeln!(told, "  hint: {hint}").unwrap();
        }
    }
    let pipeline = &reading.pipeline;
    for parameter in &pipeline.parameters {
        tell_parameter(parameter, &mut told);
    }
    for job in &pipeline.jobs {
        tell_job(job, &mut told);
    }
    for stage in &pipeline.stages {
        let description = stage.description.as_deref().unwrap_or("no description");
        writeln!(told, "stage {} ({description}): {:?}", stage.name, stage.jobs).unwrap();
    }
    for note in &pipeline.notes {
        let line = note.line.map_or_else(String::new, |line| format!(", line {line}"));
        writeln!(told, "{:?}{line}: {}", note.kind, note.text).unwrap();
    }
    told
}

fn tell_parameter(parameter: &Parameter, told: &mut String) {
    let kind = match &parameter.kind {
        ParameterKind::Text => "text".to_owned(),
        ParameterKind::Boolean => "boolean".to_owned(),
        ParameterKind::Choice(choices) => format!("one of {choices:?}"),
    };
    let default =
        parameter.default.as_ref().map_or("no default".to_owned(), |text| format!("{text:?} by default"));
    let description = parameter.description.as_deref().unwrap_or("no description");
    writeln!(told, "parameter {}: {kind}, {default}, {description}", parameter.name).unwrap();
}

fn tell_job(job: &Job, told: &mut String) {
    write!(told, "job {} on {}", job.name, job.image).unwrap();
    for (word, needs) in [("after", &job.needs.all), ("or after one of", &job.needs.any)] {
        if !needs.is_empty() {
            let needs: Vec<String> = needs.iter().map(needed).collect();
            write!(told, " {word} {}", needs.join(" ")).unwrap();
        }
    }
    told.push('\n');
    for line in remarks(job) {
        writeln!(told, "  {line}").unwrap();
    }
    for (name, value) in &job.environment {
        // The same in each job, and told by a test of its own.
        if !["CI", "CONTINUOUS_INTEGRATION", "SCREWDRIVER", "SD_JOB_NAME"].contains(&name.as_str()) {
            writeln!(told, "  {name}={}", template(value)).unwrap();
        }
    }
    for step in &job.steps {
        tell_step(step, told);
    }
}

fn needed(need: &Need) -> String {
    match need.accepts {
        Accepts::Success => need.job.to_string(),
        Accepts::SuccessOrLeftOut => format!("{} (or left out)", need.job),
        Accepts::AnyEnd => format!("{} (any end)", need.job),
    }
}

fn remarks(job: &Job) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(job.description.as_ref().map(|text| format!("description: {text}")));
    remarks.extend(job.executor.as_ref().map(|name| format!("executor: {name}")));
    remarks.extend(job.limits.time_ms.map(|ms| format!("time: {ms} ms")));
    remarks.extend(job.limits.memory_bytes.map(|bytes| format!("memory: {} MiB", bytes >> 20)));
    remarks.extend(job.tolerated.then(|| "tolerated".to_owned()));
    remarks.extend(job.cell.as_ref().map(|cell| format!("cell of {}: {:?}", cell.of, cell.values)));
    for Condition { input, operator, values } in &job.conditions {
        let values: Vec<String> = values.iter().map(template).collect();
        remarks.push(format!("when {} {operator:?} {}", template(input), values.join(", ")));
    }
    let exchange = &job.exchange;
    remarks.extend((!exchange.results.is_empty()).then(|| format!("results: {:?}", exchange.results)));
    let takes = &exchange.takes_workspace_of;
    remarks.extend((!takes.is_empty()).then(|| format!("takes workspaces of {takes:?}")));
    remarks.extend(exchange.gives_workspace.then(|| "gives its workspace".to_owned()));
    remarks
}

fn tell_step(step: &Step, told: &mut String) {
    let mut words = Vec::new();
    words.extend(step.always.then(|| "always".to_owned()));
    words.extend(step.tolerated.then(|| "tolerated".to_owned()));
    words.extend((step.manner == Manner::Program).then(|| "program".to_owned()));
    words.extend(step.directory.as_ref().map(|directory| format!("in {directory}")));
    words.extend(step.timeout_ms.map(|ms| format!("{ms} ms")));
    words.extend(step.environment.iter().map(|(name, value)| format!("{name}={}", template(value))));
    let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    writeln!(told, "  step {}{words}: {:?}", step.name, step.script).unwrap();
}

fn template(template: &Template) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Parameter(name) => format!("<parameter {name}>"),
        Piece::Output { job, name } => format!("<output {name} of {job}>"),
        Piece::Status { job } => format!("<status of {job}>"),
        Piece::Statuses { jobs } => format!("<status of {jobs:?} together>"),
    };
    template.0.iter().map(piece).collect()
}
