//! Texts made to keep a reader busy, each as long as a text may be.

use std::fmt::Write as _;

use regatta_domain::pipeline::{Dialect, MAX_SOURCE_BYTES};

/// Texts that are pipelines of `dialect`, and far too much of it.
pub fn of(dialect: Dialect) -> Vec<(&'static str, String)> {
    match dialect {
        Dialect::Screwdriver => of_screwdriver(),
        Dialect::Tekton => of_tekton(),
    }
}

/// `head`, then `unit` as often as fits into the largest text, then `tail`.
pub fn filled(head: &str, unit: &str, tail: &str) -> String {
    let times = (MAX_SOURCE_BYTES - head.len() - tail.len()) / unit.len();
    format!("{head}{}{tail}", unit.repeat(times))
}

/// As many numbered lines as fit between `head` and `tail`.
fn numbered(head: &str, line: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_owned();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() + tail.len() > MAX_SOURCE_BYTES {
            break;
        }
        text.push_str(&line);
    }
    text + tail
}

/// Texts that are no pipelines at all, by what is wrong with them.
pub fn bombs() -> Vec<(&'static str, String)> {
    vec![
        ("aliases of aliases", nested_aliases()),
        ("deep aliases", deep_aliases()),
        ("brackets", filled("jobs: ", "[", "")),
        ("braces", filled("jobs: ", "{a: ", "")),
        ("dashes", filled("", "- ", "")),
        ("keys", filled("", "? ", "")),
        ("many aliases", filled("a: &a x\nb: [", "*a,", "]")),
        ("merged keys", filled("a: &a {b: c}\n", "? <<: *a\n", "")),
        ("anchors", filled("", "&a ", "")),
        ("the same key", filled("", "a: \n", "")),
        ("documents", filled("", "---\n", "")),
        ("open lists", filled("", "[a,", "")),
        ("tags", filled("", "!!x ", "")),
        ("one letter", filled("", "a", "")),
        ("quotes", filled("", "\"", "")),
        ("an open quote", filled("a: \"", "a", "")),
        ("escapes", filled("a: \"", "\\x41", "\"")),
        ("spaces", filled("", " ", "")),
        ("tabs", filled("", "\t", "")),
        ("line feeds", filled("", "\n", "")),
        ("carriage returns", filled("", "\r", "")),
        ("both line ends", filled("", "\r\n", "")),
        ("NUL", filled("", "\0", "")),
        ("byte order marks", filled("", "\u{feff}", "")),
        ("wide letters", filled("a: ", "\u{1f6a2}", "")),
        ("comments", filled("", "#\n", "")),
        ("percent signs", filled("", "%YAML 1.2\n", "")),
        ("deeper and deeper", numbered("", |n| format!("{}a:\n", " ".repeat(n)), "")),
        ("block scalars", filled("", "a: |\n b\n", "")),
        ("long keys", filled("? ", "k", "\n: v\n")),
        ("colons", filled("", ":", "")),
        ("exclamation marks", filled("", "!", "")),
        ("question marks", filled("", "?", "")),
        ("ampersands", filled("", "&", "")),
        ("stars", filled("", "*", "")),
        ("pipes", filled("", "|", "")),
        ("surrogates", filled("a: \"", "\\uD800", "\"")),
    ]
}

/// Texts that are pipelines of Screwdriver, and far too much of it.
fn of_screwdriver() -> Vec<(&'static str, String)> {
    const SHARED: &str = "shared: {image: x, steps: [s: echo]}\n";
    let job = |number: usize| format!("  j{number}: {{}}\n");
    let jobs = |key: &str| format!("{SHARED}jobs:\n  a:\n    {key}:\n");
    vec![
        ("ten thousand jobs", numbered(&format!("{SHARED}jobs:\n"), job, "")),
        ("required names", numbered(&jobs("requires"), |n| format!("    - job{n}\n"), "")),
        ("alternatives", numbered(&jobs("requires"), |n| format!("    - ~job{n}\n"), "")),
        ("long required names", long_names()),
        ("one name again", filled(&jobs("requires"), "    - ~a\n", "")),
        ("events", filled(&jobs("requires"), "    - ~commit:x\n", "")),
        ("other pipelines", numbered(&jobs("requires"), |n| format!("    - ~sd@{n}:x\n"), "")),
        ("variables", numbered(&jobs("environment"), |n| format!("      V{n}: {n}\n"), "")),
        ("wrong variables", numbered(&jobs("environment"), |n| format!("      v{n}: {n}\n"), "")),
        ("annotations", numbered(&jobs("annotations"), |n| format!("      a{n}: {n}\n"), "")),
        ("parameters", numbered("parameters:\n", |n| format!("  p{n}: {n}\n"), "")),
        ("choices", numbered("parameters:\n  p:\n", |n| format!("  - {n}\n"), "")),
        ("dimensions", numbered(&jobs("matrix"), |n| format!("      V{n}: [a, b]\n"), "")),
        (
            "cells",
            numbered(&jobs("matrix"), |n| if n == 0 { "      V: [0".into() } else { format!(",{n}") }, "]"),
        ),
        ("steps", filled(&jobs("steps"), "    - echo\n", "")),
        ("unknown keys", numbered(&jobs("image"), |n| format!("    k{n}: x\n"), "")),
        ("unknown keys above", numbered(SHARED, |n| format!("k{n}: x\n"), "")),
        (
            "stages",
            numbered(
                &format!("{SHARED}jobs: {{a: }}\nstages:\n"),
                |n| format!("  s{n}: {{jobs: [a]}}\n"),
                "",
            ),
        ),
        (
            "jobs of a stage",
            numbered(
                &format!("{SHARED}jobs: {{a: }}\nstages: {{s: {{jobs: ["),
                |n| format!("b{n},"),
                "]}}\n",
            ),
        ),
        (
            "setups",
            numbered(
                &format!("{SHARED}jobs: {{a: }}\nstages:\n"),
                |n| format!("  s{n}: {{setup: {{image: y}}, jobs: []}}\n"),
                "",
            ),
        ),
        ("a long script", filled(&jobs("steps"), "x", "").replace("steps:\n", "steps:\n    - ")),
        ("every variable in every step", every_variable()),
        (
            "open braces",
            filled("shared: {image: x}\njobs: {a: {environment: {A: '", "${A", "'}, steps: [a]}}"),
        ),
        ("dollars", filled("shared: {image: x}\njobs: {a: {steps: ['", "$SD_TOKEN", "']}}")),
        ("holes in the image", filled("jobs: {a: {steps: [a], image: \"", "{{A}}", "\"}}")),
        ("a circle of twenty", circle()),
        ("everybody requires everybody", everybody()),
    ]
}

fn of_tekton() -> Vec<(&'static str, String)> {
    const PIPELINE: &str = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n";
    const STEPS: &str = "[{name: s, image: x, script: echo}]";
    let task = |number: usize| format!("    - {{name: t{number}, taskSpec: {{steps: {STEPS}}}}}\n");
    let tasks = format!("{PIPELINE}  tasks:\n");
    let task_with = |key: &str| format!("{tasks}    - name: t\n      {key}:\n");
    let script = |head: &str, unit: &str| {
        let head = format!(
            "{tasks}    - name: t\n      taskSpec:\n        steps:\n          - name: s\n            image: x\n            script: |\n              {head}"
        );
        filled(&head, unit, "\n")
    };
    vec![
        ("ten thousand tasks", numbered(&tasks, task, "")),
        ("runAfter", numbered(&task_with("runAfter"), |n| format!("        - t{n}\n"), "")),
        ("params", numbered(&format!("{PIPELINE}  params:\n"), |n| format!("    - name: p{n}\n"), "")),
        (
            "workspaces",
            numbered(&format!("{PIPELINE}  workspaces:\n"), |n| format!("    - name: w{n}\n"), ""),
        ),
        ("when", filled(&task_with("when"), "        - {input: a, operator: in, values: [a]}\n", "")),
        (
            "matrix",
            numbered(
                &format!("{}        params:\n", task_with("matrix")),
                |n| format!("          - {{name: m{n}, value: [a, b]}}\n"),
                "",
            ),
        ),
        (
            "one long dimension",
            numbered(
                &format!("{}        params:\n          - {{name: m, value: [0", task_with("matrix")),
                |n| format!(",{n}"),
                "]}\n",
            ),
        ),
        ("substitutions", script("", "$(params.x) ")),
        ("open substitutions", script("", "$(params.")),
        ("quotes in a script", script("", "'\"")),
        ("nested quotes", script("", "\"$(")),
        ("here documents", script("", "<<A ")),
        ("dollars in a script", script("", "$")),
        ("backquotes", script("", "`")),
        ("backslashes", script("", "\\")),
        ("brackets in a script", script("", "${(")),
        (
            "documents of tasks",
            numbered(
                "",
                |n| {
                    format!(
                        "---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t{n}}}\nspec: {{steps: {STEPS}}}\n"
                    )
                },
                "",
            ),
        ),
        ("finally", numbered(&format!("{PIPELINE}  finally:\n"), task, "")),
    ]
    .into_iter()
    .chain(scripts_of_tekton())
    .chain(values_of_tekton())
    .collect()
}

/// The top of a task with a parameter that is chosen when it runs, down to `below`, which belongs to its one step.
fn step_of_tekton(below: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  params: [{{name: x, default: y}}]\n  \
         steps:\n    - name: s\n      image: x\n      {below}"
    )
}

/// Scripts that have to be followed to their end, since what is put in stands there.
fn scripts_of_tekton() -> Vec<(&'static str, String)> {
    let script = |unit: &str| filled(&step_of_tekton("script: \""), unit, "\\n$(params.x)\"\n");
    let commented = filled(&step_of_tekton("script: \"`\\n"), "#\\n", "\\n$(params.x)\"\n");
    vec![
        ("quotes before a value", script("'\\\"")),
        ("nested quotes before a value", script("\\\"$(")),
        ("here documents before a value", script("<<A ")),
        ("here documents one below the other before a value", script("<<A\\n")),
        ("ended here documents before a value", script("<<A\\nA\\n")),
        ("here documents in substitutions before a value", script("<<A\\n$(")),
        ("backquotes before a value", script("`")),
        ("braces before a value", script("${")),
        ("arithmetic before a value", script("$((")),
        ("backslashes before a value", script("\\\\")),
        ("cases before a value", script("case ")),
        ("comments before a value", script("#\\n")),
        ("comments in backquotes before a value", commented),
        ("one word before a value", script("a")),
        ("values beside each other", script("$(params.x)")),
        ("values and words", script("a$(params.x)=")),
        ("values that nobody knows", script("$(params.z)")),
    ]
}

/// What else refers to values, and values that are long.
fn values_of_tekton() -> Vec<(&'static str, String)> {
    let items = "a,".repeat(12_000);
    let long = "l".repeat(30_000);
    let params = |value: &str| {
        step_of_tekton("script: \"").replace("[{name: x, default: y}]", &format!("[{{name: x, {value}}}]"))
    };
    vec![
        ("open parentheses in an argument", filled(&step_of_tekton("args: [\""), "$(", "\"]\n")),
        ("open brackets in an argument", filled(&step_of_tekton("args: [\""), "$(params[", "\"]\n")),
        ("quoted brackets in an argument", filled(&step_of_tekton("args: [\""), "$(params['", "\"]\n")),
        (
            "a long list again and again",
            filled(&params(&format!("type: array, default: [{items}]")), "$(params.x[*])", "\"\n"),
        ),
        (
            "one of a long list",
            filled(&params(&format!("type: array, default: [{items}]")), "$(params.x[9])", "\"\n"),
        ),
        ("a long value again and again", filled(&params(&format!("default: {long}")), "$(params.x)", "\"\n")),
        (
            "a long value that is chosen",
            filled(
                &format!(
                    "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: p}}\nspec:\n  params: [{{name: x}}]\n  \
                     tasks:\n    - name: t\n      params: [{{name: y, value: \"$(params.x){long}\"}}]\n      taskSpec:\n        \
                     params: [{{name: y}}]\n        steps: [{{image: x, script: \""
                ),
                "$(params.y)",
                "\"}]\n",
            ),
        ),
    ]
}

fn nested_aliases() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
    }
    text
}

fn deep_aliases() -> String {
    let mut text = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n".to_owned();
    for level in 1..60 {
        writeln!(text, "a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]", level - 1).unwrap();
    }
    text
}

/// Names that are nearly those of twenty long-named jobs.
fn long_names() -> String {
    let name = |number: usize| format!("{}{number:03}", "n".repeat(90));
    let mut head = "shared: {image: x, steps: [s: echo]}\njobs:\n".to_owned();
    for job in 0..19 {
        writeln!(head, "  {}: ", name(job)).unwrap();
    }
    numbered(&(head + "  a:\n    requires:\n"), |n| format!("    - ~{}\n", name(n + 500)), "")
}

/// Steps that all jobs share and that each speak of all that Screwdriver sets.
fn every_variable() -> String {
    let names = ["GIT_URL", "SD_API_URL", "SD_BUILD_ID", "SD_EVENT_ID", "SD_JOB_ID", "SD_TOKEN", "SD_UI_URL"];
    let step = format!("    - echo ${}\n", names.join(" $")).replace(": ", "");
    let head = format!("shared:\n  image: x\n  steps:\n{}jobs:\n", step.repeat(30));
    (0..20).fold(head, |text, job| text + &format!("  j{job}: {{}}\n"))
}

fn circle() -> String {
    let mut text = "shared: {image: x, steps: [s: echo]}\njobs:\n".to_owned();
    for job in 0..20 {
        writeln!(text, "  j{job}: {{requires: [j{}]}}", (job + 1) % 20).unwrap();
    }
    text
}

fn everybody() -> String {
    let all: Vec<String> = (0..20).map(|job| format!("j{job}")).collect();
    let mut text = "shared: {image: x, steps: [s: echo]}\njobs:\n".to_owned();
    for job in 0..20 {
        writeln!(text, "  j{job}: {{requires: [{}]}}", all.join(", ")).unwrap();
    }
    text
}
