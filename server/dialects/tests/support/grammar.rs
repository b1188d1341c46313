//! Texts like pipelines, most of them nearly right.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

/// What every generated value of a parameter holds, with a number behind it.
pub const MARKER: &str = "chosen-by-a-visitor";

/// Words, marks and beginnings of lines that mean something in one of the languages, or in YAML.
pub const WORDS: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    "\n      ",
    "\n- ",
    "\n  - ",
    ": ",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "#",
    "~",
    "!!str ",
    "---\n",
    "...\n",
    "\t",
    "\0",
    "\u{feff}",
    "? ",
    "$",
    "${A}",
    "$(params.a)",
    "$(tasks.a.results.b)",
    "$(workspaces.a.path)",
    "null",
    "true",
    "1e9",
    "0x1F",
    ".nan",
    "a",
    "b",
    "jobs",
    "shared",
    "steps",
    "image",
    "requires",
    "environment",
    "matrix",
    "parameters",
    "annotations",
    "stages",
    "setup",
    "teardown",
    "~commit",
    "~a",
    "stage@a",
    "stage@a:setup",
    "~sd@1:a",
    "apiVersion: tekton.dev/v1\n",
    "kind: Pipeline\n",
    "kind: Task\n",
    "kind: PipelineRun\n",
    "metadata: {name: a}\n",
    "spec:\n",
    "tasks",
    "taskSpec",
    "taskRef",
    "params",
    "results",
    "workspaces",
    "when",
    "finally",
    "runAfter",
    "onError: continue",
    "script",
    "name",
    "value",
    "default",
    "input",
    "operator: in",
    "values",
];

/// A part of a YAML text.
#[derive(Clone, Debug)]
enum Yaml {
    Plain(String),
    Quoted(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

use Yaml::{List, Map, Plain, Quoted};

impl Yaml {
    /// In one line.
    fn flow(&self) -> String {
        match self {
            Plain(text) => text.clone(),
            Quoted(text) => format!("'{}'", text.replace('\'', "''")),
            List(items) => format!("[{}]", items.iter().map(Self::flow).collect::<Vec<_>>().join(", ")),
            Map(entries) => {
                let entry = |(key, value): &(String, Self)| format!("{key}: {}", value.flow());
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// In a line for each item, the first `levels` of them.
    fn block(&self, indent: usize, levels: usize, text: &mut String) {
        let blank = " ".repeat(indent);
        match self {
            List(items) if levels > 0 && !items.is_empty() => {
                for item in items {
                    write!(text, "\n{blank}-").unwrap();
                    item.block(indent + 2, levels - 1, text);
                }
            }
            Map(entries) if levels > 0 && !entries.is_empty() => {
                for (key, value) in entries {
                    write!(text, "\n{blank}{key}:").unwrap();
                    value.block(indent + 2, levels - 1, text);
                }
            }
            other => write!(text, " {}", other.flow()).unwrap(),
        }
    }
}

fn text_of(yaml: &Yaml, levels: usize) -> String {
    let mut text = String::new();
    yaml.block(0, levels, &mut text);
    text.trim_start_matches(['\n', ' ']).to_owned() + "\n"
}

type Part = BoxedStrategy<Yaml>;

fn plain(words: &'static [&'static str]) -> Part {
    select(words).prop_map(|word| Plain(word.to_owned())).boxed()
}

fn quoted(words: &'static [&'static str]) -> Part {
    select(words).prop_map(|word| Quoted(word.to_owned())).boxed()
}

fn name() -> Part {
    plain(&["a", "b", "c", "d-e", "f_1"])
}

/// `usual`, or now and then something that does not belong there.
fn or_else(usual: Part) -> Part {
    let odd = prop_oneof![
        plain(&["", "~", "true", "12", "a b", "x", "-1", "1e400"]),
        Just(List(Vec::new())),
        Just(Map(Vec::new())),
        Just(List(vec![Plain("a".to_owned()), Map(vec![("b".to_owned(), Plain("c".to_owned()))])])),
    ];
    prop_oneof![150 => usual, 1 => odd].boxed()
}

fn list(item: Part, most: usize) -> Part {
    or_else(prop::collection::vec(or_else(item), 1..=most).prop_map(List).boxed())
}

/// A mapping from `keys` to `value`, most keys once.
fn map(keys: Part, value: Part, most: usize) -> Part {
    let entries = prop::collection::vec((keys, or_else(value)), 0..=most);
    let map = entries.prop_map(|mut entries| {
        entries.sort_by_key(|(key, _)| key.flow());
        entries.dedup_by_key(|(key, _)| key.flow());
        Map(entries.into_iter().map(|(key, value)| (key.flow(), value)).collect())
    });
    or_else(map.boxed())
}

/// A mapping with each of these keys or without it.
fn record(fields: Vec<(&'static str, f64, Part)>) -> Part {
    let field = |(key, often, value): (&'static str, f64, Part)| {
        prop::option::weighted(often.min(0.999), or_else(value))
            .prop_map(move |value| Some((key.to_owned(), value?)))
    };
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    or_else(fields.prop_map(|entries| Map(entries.into_iter().flatten().collect())).boxed())
}

/// A text that stands for a value which a visitor chooses, no two of them alike.
fn chosen() -> Part {
    let around = select(vec![("", ""), ("$(rm -rf ", ")"), ("'; ", " #\"`"), ("${", "}")]);
    (around, any::<u32>())
        .prop_map(|((before, after), number)| Quoted(format!("{before}{MARKER}-{number}-{after}")))
        .boxed()
}

/// Like `screwdriver.yaml`.
pub fn screwdriver() -> impl Strategy<Value = String> {
    let jobs = record(vec![
        ("a", 0.95, of_screwdriver::settings(0.5, quoted(&["~commit", "~pr", "~commit:main", "~tag"]))),
        ("b", 0.9, of_screwdriver::settings(0.5, quoted(&["a", "~a", "~commit"]))),
        ("c", 0.9, of_screwdriver::settings(0.5, quoted(&["a", "b", "~a", "~sd@1:a"]))),
        (
            "d-e",
            0.5,
            of_screwdriver::settings(0.5, quoted(&["c", "~b", "~a", "stage@s", "~stage@s:teardown"])),
        ),
        ("f_1", 0.2, of_screwdriver::settings(0.5, quoted(&["c", "~d-e", "stage@s:setup", "f_1", "nobody"]))),
    ]);
    let stage = record(vec![
        (
            "jobs",
            0.98,
            prop_oneof![Just(List(vec![Plain("c".to_owned())])), list(plain(&["b", "c"]), 2)].boxed(),
        ),
        ("requires", 0.5, list(quoted(&["a", "~a", "~commit"]), 2)),
        ("setup", 0.4, of_screwdriver::own_job()),
        ("teardown", 0.4, of_screwdriver::own_job()),
        ("description", 0.3, name()),
    ]);
    let file = record(vec![
        ("shared", 0.98, of_screwdriver::shared()),
        ("parameters", 0.4, of_screwdriver::parameters()),
        ("jobs", 0.99, jobs),
        ("stages", 0.5, record(vec![("s", 0.98, stage)])),
        ("annotations", 0.1, map(name(), name(), 1)),
    ]);
    (file, 0..6_usize).prop_map(|(file, levels)| text_of(&file, levels))
}

mod of_screwdriver {
    use super::{Just, List, Map, Part, chosen, list, map, name, or_else, plain, quoted, record};
    use proptest::prelude::*;

    pub fn shared() -> Part {
        record(vec![
            ("image", 0.99, plain(&["host-tools", "node:18"])),
            ("steps", 0.99, steps()),
            (
                "environment",
                0.9,
                record(vec![("NODE", 0.9, plain(&["18", "20"])), ("B", 0.5, plain(&["x", "[1]"]))]),
            ),
        ])
    }

    pub fn settings(often: f64, requires: Part) -> Part {
        record(vec![
            ("image", often, plain(&["host-tools", "node:18", "\"x:{{NODE}}\""])),
            ("steps", often, steps()),
            ("requires", 0.8, prop_oneof![list(requires.clone(), 3), requires].boxed()),
            ("environment", 0.4, variables()),
            ("parameters", 0.1, parameters()),
            ("matrix", 0.15, map(plain(&["NODE", "A"]), list(plain(&["1", "2", "x"]), 3), 2)),
            ("annotations", 0.2, annotations()),
            ("description", 0.1, name()),
            ("secrets", 0.01, list(plain(&["TOKEN"]), 1)),
        ])
    }

    pub fn own_job() -> Part {
        record(vec![
            ("image", 0.5, plain(&["host-tools"])),
            ("steps", 0.7, steps()),
            ("environment", 0.3, variables()),
        ])
    }

    pub fn parameters() -> Part {
        let choice = || prop::collection::vec(chosen(), 1..3).prop_map(List).boxed();
        let spelled_out = record(vec![
            ("value", 0.99, prop_oneof![chosen(), choice()].boxed()),
            ("description", 0.5, name()),
        ]);
        let value = prop_oneof![chosen(), choice(), spelled_out, plain(&["true", "false"])];
        map(plain(&["a", "who", "a-b", "PATH"]), value.boxed(), 3)
    }

    fn annotations() -> Part {
        record(vec![
            ("screwdriver.cd/timeout", 0.3, plain(&["5", "90"])),
            ("screwdriver.cd/ram", 0.3, plain(&["HIGH", "2"])),
            ("regatta/workspace", 0.5, plain(&["hand-on"])),
            ("screwdriver.cd/virtualJob", 0.1, plain(&["true"])),
            ("screwdriver.cd/executor", 0.2, plain(&["gvisor"])),
        ])
    }

    fn variables() -> Part {
        let value = prop_oneof![
            plain(&["1", "x", "true", "0.50"]),
            quoted(&["$A", "${B}:x", "$PATH:/x", "$SD_ARTIFACTS_DIR", "5$ \"`", "$a"]),
        ];
        map(plain(&["A", "B", "PATH", "NODE"]), value.boxed(), 4)
    }

    fn steps() -> Part {
        let script = || {
            quoted(&[
                "echo",
                "echo \"$a $(meta get parameters.a.value)\"",
                "ls $SD_ARTIFACTS_DIR",
                "sd-cmd x",
                "exit 1",
            ])
        };
        let step = |key: &'static str| {
            let command = record(vec![("command", 0.99, script()), ("locked", 0.2, plain(&["true"]))]);
            prop_oneof![script(), script(), command.boxed()]
                .prop_map(move |script| Map(vec![(key.to_owned(), script)]))
        };
        let steps = (script(), step("build"), step("test"), step("teardown-x"), 1..=4_usize);
        let steps = steps.prop_map(|(one, two, three, four, taken)| {
            List([one, two, three, four].into_iter().take(taken).collect())
        });
        or_else(prop_oneof![steps.boxed(), Just(List(vec![super::Plain("ls".to_owned())])).boxed()].boxed())
    }
}

/// Like a Tekton document.
pub fn tekton() -> impl Strategy<Value = String> {
    let documents = prop_oneof![
        3 => of_tekton::document("Pipeline", of_tekton::pipeline()).prop_map(|pipeline| vec![pipeline]),
        1 => (of_tekton::document("Task", of_tekton::task()), of_tekton::document("Pipeline", of_tekton::pipeline()))
            .prop_map(|(task, pipeline)| vec![task, pipeline]),
        1 => of_tekton::document("PipelineRun", of_tekton::run()).prop_map(|run| vec![run]),
        1 => of_tekton::document("Task", of_tekton::task()).prop_map(|task| vec![task]),
    ];
    (documents, 0..9_usize).prop_map(|(documents, levels)| {
        let texts: Vec<String> = documents.iter().map(|document| text_of(document, levels)).collect();
        texts.join("---\n")
    })
}

mod of_tekton {
    use super::{Just, List, Part, Plain, Quoted, chosen, list, name, or_else, plain, quoted, record};
    use proptest::prelude::*;

    pub fn document(kind: &'static str, spec: Part) -> Part {
        record(vec![
            ("apiVersion", 0.99, plain(&["tekton.dev/v1", "tekton.dev/v1beta1"])),
            ("kind", 0.99, Just(Plain(kind.to_owned())).boxed()),
            ("metadata", 0.98, named("t", vec![])),
            ("spec", 0.99, spec),
        ])
    }

    pub fn pipeline() -> Part {
        let tasks = (
            pipeline_task("a", &["$(params.p)"]),
            pipeline_task("b", &["$(params.p)", "$(tasks.a.results.r)"]),
            1..3_usize,
        );
        let tasks = tasks.prop_map(|(one, two, taken)| List([one, two].into_iter().take(taken).collect()));
        let last = pipeline_task("z", &["$(params.p)", "$(tasks.status)", "$(tasks.a.status)"]);
        record(vec![
            ("params", 0.95, parameters()),
            ("workspaces", 0.9, all(vec![named("w", vec![])])),
            ("tasks", 0.99, or_else(tasks.boxed())),
            ("finally", 0.3, all(vec![last])),
        ])
    }

    pub fn run() -> Part {
        let value = record(vec![("name", 1.0, plain(&["p"])), ("value", 1.0, chosen())]);
        record(vec![("pipelineSpec", 0.99, pipeline()), ("params", 0.5, list(value, 1))])
    }

    pub fn task() -> Part {
        let step = named(
            "s",
            vec![
                ("image", 0.99, plain(&["host-tools"])),
                ("script", 0.99, scripts()),
                (
                    "env",
                    0.3,
                    list(
                        record(vec![
                            ("name", 1.0, plain(&["E"])),
                            ("value", 1.0, quoted(&["x", "$(params.p)"])),
                        ]),
                        1,
                    ),
                ),
                ("workingDir", 0.2, quoted(&["/tmp", "$(workspaces.w.path)/x"])),
                ("onError", 0.2, plain(&["continue", "stopAndFail"])),
                ("timeout", 0.1, plain(&["5s", "1m30s"])),
            ],
        );
        record(vec![
            ("params", 0.97, parameters()),
            ("results", 0.97, all(vec![named("r", vec![("description", 0.2, name())])])),
            ("workspaces", 0.95, all(vec![named("w", vec![("optional", 0.1, plain(&["true"]))])])),
            ("steps", 0.99, all(vec![step])),
        ])
    }

    fn pipeline_task(name: &'static str, values: &'static [&'static str]) -> Part {
        let value = record(vec![("name", 1.0, plain(&["p"])), ("value", 1.0, quoted(values))]);
        let when = record(vec![
            ("input", 1.0, quoted(values)),
            ("operator", 1.0, plain(&["in", "notin"])),
            ("values", 1.0, list(quoted(&["x", "$(params.p)"]), 2)),
        ]);
        let specified = prop_oneof![9 => Just("taskSpec"), 1 => Just("taskRef")];
        let rest = record(vec![
            ("params", 0.7, list(value, 1)),
            ("workspaces", 0.95, all(vec![named("w", vec![("workspace", 0.9, plain(&["w"]))])])),
            ("when", 0.2, list(when, 2)),
            ("runAfter", 0.02, list(plain(&["a"]), 1)),
            ("onError", 0.05, plain(&["continue"])),
        ]);
        (specified, task(), named("t", vec![]), rest)
            .prop_map(move |(specified, spec, reference, rest)| {
                let what = if specified == "taskSpec" { spec } else { reference };
                let mut entries =
                    vec![("name".to_owned(), Plain(name.to_owned())), (specified.to_owned(), what)];
                if let super::Map(rest) = rest {
                    entries.extend(rest);
                }
                super::Map(entries)
            })
            .boxed()
    }

    fn parameters() -> Part {
        let array = prop::collection::vec(chosen(), 0..3).prop_map(List).boxed();
        let text = named("p", vec![("default", 0.98, chosen()), ("description", 0.2, name())]);
        let list = named("q", vec![("type", 0.99, plain(&["array"])), ("default", 0.98, array)]);
        all(vec![text, list])
    }

    fn scripts() -> Part {
        quoted(&[
            "echo",
            "echo \"$(params.p)\"",
            "echo '$(params.p)'",
            "echo \"$(params.p)\" > $(results.r.path)",
            "#!/usr/bin/env sh\ncat <<E\n$(params.p)\nE\n",
            "#!/usr/bin/env python3\nprint(\"$(params.p)\")\n",
            "cd \"$(workspaces.w.path)\" && ls",
            "eval $(params.p)",
        ])
    }

    fn named(name: &'static str, fields: Vec<(&'static str, f64, Part)>) -> Part {
        let mut all = vec![("name", 0.99, Just(Quoted(name.to_owned())).boxed())];
        all.extend(fields);
        record(all)
    }

    /// A list of exactly these.
    fn all(items: Vec<Part>) -> Part {
        or_else(items.prop_map(List).boxed())
    }
}
