//! Every rule of the Tekton dialect, told by example: one text, and what is made of it. And what a shell makes of the
//! scripts, with values of all kinds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::process::Command;

use proptest::prelude::*;
use regatta_dialects::{MAX_CELLS, MAX_JOBS, tekton};
use regatta_domain::pipeline::{Dialect, Job, Piece, Template};

use support::hostile::{self, filled};
use support::told::told;

#[test]
fn examples() {
    insta::glob!("cases/tekton/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let reading = tekton::read(&text);
        support::holds_together(&text, &reading);
        let bad = path.file_name().unwrap().to_string_lossy().starts_with("bad-");
        insta::with_settings!({ description => text, omit_expression => true }, {
            insta::assert_snapshot!(told(&reading));
        });
        assert_eq!(!reading.is_runnable(), bad, "{}: {reading:?}", path.display());
    });
}

fn first_message(text: &str) -> String {
    tekton::read(text).runnable().unwrap_err()[0].message.clone()
}

/// A task of one parameter, `x`, that a visitor chooses.
fn task(step: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  params: [{{name: x}}]\n  steps:\n    - name: s\n      image: host-tools\n{step}"
    )
}

fn task_with_script(script: &str) -> String {
    let lines: String = script.lines().flat_map(|line| ["        ", line, "\n"]).collect();
    task(&format!("      script: |\n{lines}"))
}

#[test]
fn a_text_may_be_as_long_as_the_limit_and_no_longer() {
    let text = task_with_script("echo");
    assert!(tekton::read(&filled(&format!("{text}#"), "x", "")).is_runnable());
    let longer = filled(&format!("{text}#"), "x", "") + "x";
    assert_eq!(first_message(&longer), "this pipeline is longer than 64 KiB");
}

#[test]
fn what_would_blow_up_is_refused() {
    for (name, bomb) in hostile::bombs() {
        let reading = tekton::read(&bomb);
        support::holds_together(&bomb, &reading);
        assert!(!reading.is_runnable(), "{name}");
    }
}

#[test]
fn too_much_of_anything_is_read_within_bounds() {
    for (_, text) in hostile::of(Dialect::Tekton) {
        support::holds_together(&text, &tekton::read(&text));
    }
}

#[test]
fn jobs_are_counted_with_the_cells_of_matrices() {
    let pipeline = |cells: usize, others: usize| {
        let values: Vec<String> = (0..cells).map(|cell| cell.to_string()).collect();
        let spec = "taskSpec: {steps: [{name: s, image: x, script: echo}]}";
        let mut text = format!(
            "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec:\n  tasks:\n    - name: m\n      matrix: {{params: [{{name: n, value: [{}]}}]}}\n      {spec}\n",
            values.join(", ")
        );
        for other in 0..others {
            writeln!(text, "    - name: o{other}\n      {spec}").unwrap();
        }
        tekton::read(&text)
    };
    assert_eq!(pipeline(MAX_CELLS, MAX_JOBS - MAX_CELLS).runnable().unwrap().jobs.len(), MAX_JOBS);
    let too_many = pipeline(MAX_CELLS, MAX_JOBS - MAX_CELLS + 1);
    assert!(!too_many.is_runnable());
    assert_eq!(too_many.pipeline.jobs.len(), MAX_JOBS, "what fits is drawn");
    assert!(!pipeline(MAX_CELLS + 1, 0).is_runnable());
}

/// Variables that hold twice what the one before them does.
#[test]
fn variables_do_not_double_without_end() {
    let mut env = "      script: echo\n      env:\n        - {name: A0, value: x}\n".to_owned();
    for number in 1..64 {
        let before = number - 1;
        writeln!(env, "        - {{name: A{number}, value: $(A{before})$(A{before})}}").unwrap();
    }
    assert_eq!(
        first_message(&task(&env)),
        "with its references written out, this pipeline is longer than 256 KiB"
    );
}

/// What a shell prints that runs the first step of `job`, where the parameter `x` is `value`.
fn printed(job: &Job, value: &str) -> String {
    let step = &job.steps[0];
    let mut command = Command::new("/bin/sh");
    command.args(["-e", "-c", &step.script, "sh"]);
    for (name, template) in job.environment.iter().chain(&step.environment) {
        let resolved = template.resolve(|piece| match piece {
            Piece::Parameter(name) => (name == "x").then(|| value.to_owned()),
            _ => None,
        });
        command.env(name, resolved.unwrap());
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

fn job(text: &str) -> Job {
    tekton::read(text).runnable().unwrap().jobs.remove(0)
}

/// Part of a script that is one word for a shell, and what it stands for; `None` for the parameter.
#[derive(Clone, Debug)]
enum Part {
    Parameter,
    Unquoted,
    Literal(String),
    Quoted(Vec<Part>),
    Substitution(Box<Part>),
    Default(Box<Part>),
    HereDocument(Box<Part>),
    Case(Box<Part>),
}

impl Part {
    /// As it is written in a script.
    fn script(&self) -> String {
        match self {
            Self::Parameter => "\"$(params.x)\"".to_owned(),
            // A variable that is assigned to is not split.
            Self::Unquoted => "\"$(y=$(params.x); printf '%s.' \"$y\")\"".to_owned(),
            Self::Literal(text) => format!("'{text}'"),
            Self::Quoted(parts) => parts.iter().map(Self::script).collect(),
            Self::Substitution(part) => format!("\"$(printf '%s.' {} # it's\n)\"", part.script()),
            Self::Default(part) => format!("\"${{UNSET:-$(printf '%s.' {})}}\"", part.script()),
            Self::HereDocument(part) => {
                format!("\"$(cat <<-EOF\n<'$(params.x)'$(printf '%s.' {})>\nEOF\n)\"", part.script())
            }
            Self::Case(part) => {
                format!("\"$(case {0} in \\)) printf no ;; *) printf '%s.' {0} ;; esac)\"", part.script())
            }
        }
    }

    /// What it stands for where the parameter is `value`.
    fn meaning(&self, value: &str) -> String {
        match self {
            Self::Parameter => value.to_owned(),
            Self::Unquoted => format!("{value}."),
            Self::Literal(text) => text.clone(),
            Self::Quoted(parts) => parts.iter().map(|part| part.meaning(value)).collect(),
            Self::Substitution(part) | Self::Default(part) => format!("{}.", part.meaning(value)),
            Self::HereDocument(part) => format!("<'{value}'{}.>", part.meaning(value)),
            Self::Case(part) => match part.meaning(value).as_str() {
                ")" => "no".to_owned(),
                other => format!("{other}."),
            },
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        3 => Just(Part::Parameter),
        1 => Just(Part::Unquoted),
        2 => "[a-z \"$`#(){}<>\\\\;&|*-]{0,6}".prop_map(Part::Literal),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            prop::collection::vec(inner, 1..4).prop_map(Part::Quoted),
            boxed.clone().prop_map(Part::Substitution),
            boxed.clone().prop_map(Part::Default),
            boxed.clone().prop_map(Part::HereDocument),
            boxed.prop_map(Part::Case),
        ]
    })
}

/// Values with all that could mean something to a shell.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z '\"$`\\\\(){}<>;&|*?#=\n\t~!-]{0,24}", "\\PC{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_reference_in_quotes_is_the_value_itself(part in part(), value in value()) {
        let script = format!("printf %s {}", part.script());
        let printed = printed(&job(&task_with_script(&script)), &value);
        prop_assert_eq!(printed, part.meaning(&value), "{}", script);
    }

    #[test]
    fn a_reference_without_quotes_is_split_as_its_text_would_be(value in "[a-z0-9./:= -]{0,24}") {
        let script = "set -f; printf '<%s>' a$(params.x) $(params.x)/b";
        let pasted = Command::new("/bin/sh").args(["-c", &script.replace("$(params.x)", &value)]).output().unwrap();
        let printed = printed(&job(&task_with_script(script)), &value);
        prop_assert_eq!(printed, String::from_utf8(pasted.stdout).unwrap());
    }

    #[test]
    fn an_argument_is_one_word_whatever_is_in_it(value in value(), text in "[a-z '\"$`\\\\;|*#-]{0,8}") {
        let quoted = text.replace('\'', "''");
        let text_of_task = task(&format!(
            "      command: [printf, '%s|']\n      args: ['$(params.x)', '{quoted}$(params.x)']\n"
        ));
        prop_assert_eq!(printed(&job(&text_of_task), &value), format!("{value}|{text}{value}|"));
    }

    #[test]
    fn in_single_quotes_nothing_is_put(before in "[a-z \"$`#(){}<>;&|]{0,12}") {
        let reading = tekton::read(&task_with_script(&format!("echo '{before}$(params.x)'")));
        prop_assert!(!reading.is_runnable());
        let diagnostic = &reading.diagnostics[0];
        prop_assert_eq!((diagnostic.line, diagnostic.column), (10, 15 + before.chars().count()));
    }
}

#[test]
fn a_value_that_is_written_in_the_pipeline_is_part_of_its_script() {
    let text = "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec:\n  tasks:\n    - name: t\n      params: [{name: x, value: \"a 'b' $HOME\"}]\n      taskSpec:\n        params: [{name: x}]\n        steps: [{name: s, image: i, script: \"echo $(params.x)\"}]\n";
    let job = job(text);
    assert_eq!(job.steps[0].script, "echo a 'b' $HOME");
    assert_eq!(job.environment["PARAM_x"], Template::text("a 'b' $HOME"));
}
