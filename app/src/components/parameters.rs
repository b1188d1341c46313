//! What a visitor may choose before a pipeline runs, as fields of a form.

use std::collections::BTreeMap;

use leptos::prelude::*;
use regatta_domain::pipeline::{ArgumentError, MAX_ARGUMENT_BYTES, Parameter, ParameterKind};

use super::choices::{Choice, ChoiceField, SelectField};
use super::fields::{Notes, TextArea, TextField, Wrong};
use crate::forms::run::PARAMETER_PREFIX;

/// With more choices than this they are a list that opens.
const MOST_IN_SIGHT: usize = 4;

/// Fields for `parameters`, filled in with `values` where there are some, else with the defaults. Nothing where there are no
/// parameters.
pub fn parameter_fields(
    parameters: &[Parameter],
    values: &BTreeMap<String, String>,
    wrong: &Wrong,
) -> Option<AnyView> {
    let one = |parameter: &Parameter| {
        let value = values.get(&parameter.name).or(parameter.default.as_ref());
        field(parameter, value.map_or("", String::as_str), wrong)
    };
    (!parameters.is_empty()).then(|| parameters.iter().map(one).collect_view().into_any())
}

/// Each error at the field of its parameter.
pub fn note_errors(wrong: &mut Wrong, errors: &[ArgumentError]) {
    for error in errors {
        wrong.note(field_name(error.parameter()), Some(words(error)));
    }
}

/// The name under which the value of a parameter is sent.
pub fn field_name(parameter: &str) -> String {
    format!("{PARAMETER_PREFIX}{parameter}")
}

fn words(error: &ArgumentError) -> String {
    match error {
        ArgumentError::Unknown { name } => format!("The pipeline has no parameter {name}."),
        ArgumentError::Missing { name } => {
            format!("Choose a value for {name}: the pipeline does not run without.")
        }
        ArgumentError::NoChoice { name, choices } => {
            format!("Choose one of these for {name}: {}.", choices.join(", "))
        }
        ArgumentError::TooLong { name } => {
            format!("{name} may have at most {} KiB.", MAX_ARGUMENT_BYTES >> 10)
        }
        ArgumentError::NotALine { name } => {
            format!("{name} is one line, without line breaks or other control characters.")
        }
    }
}

fn field(parameter: &Parameter, value: &str, wrong: &Wrong) -> AnyView {
    let name = field_name(&parameter.name);
    let hint = parameter.description.as_deref();
    match &parameter.kind {
        ParameterKind::Text => text(parameter, &name, value, wrong),
        ParameterKind::Boolean => tick(parameter, &name, value == "true", wrong),
        ParameterKind::Choice(choices) => {
            let choices: Vec<Choice> = choices
                .iter()
                .map(|choice| Choice::new(choice.clone(), choice.clone(), choice == value))
                .collect();
            if choices.len() > MOST_IN_SIGHT {
                return SelectField { name: &name, label: &parameter.name, hint, choices }.render(wrong);
            }
            let (legend, required) = (parameter.name.as_str(), true);
            ChoiceField { name: &name, legend, hint, multiple: false, choices, required }.render(wrong)
        }
    }
}

fn text(parameter: &Parameter, name: &str, value: &str, wrong: &Wrong) -> AnyView {
    let (label, hint) = (parameter.name.as_str(), parameter.description.as_deref());
    // Only a parameter without a default must be given; an empty text is a value like any other.
    let required = parameter.default.as_deref() != Some("");
    let max_length = MAX_ARGUMENT_BYTES;
    // A line to type into would lose the line breaks of the author's default.
    if parameter.default.as_ref().is_some_and(|default| default.contains('\n')) {
        let rows = 3;
        return TextArea { name, label, hint, rows, max_length, value, required, code: true }.render(wrong);
    }
    TextField { name, label, hint, kind: "text", autocomplete: "off", max_length, value, required }
        .render(wrong)
}

/// A box to tick. What is not ticked is not sent, so `false` is sent before it; the last value counts.
fn tick(parameter: &Parameter, name: &str, ticked: bool, wrong: &Wrong) -> AnyView {
    let notes = Notes::of(name, parameter.description.as_deref(), wrong);
    view! {
        <div class="field field-tick" class:field-wrong=notes.wrong>
            {notes.error}
            <input type="hidden" name=name.to_owned() value="false"/>
            <div class="choice">
                <input
                    id=name.to_owned()
                    name=name.to_owned()
                    type="checkbox"
                    value="true"
                    checked=ticked
                    aria-describedby=notes.described_by
                    aria-invalid=notes.wrong.then_some("true")
                />
                <label for=name.to_owned()>{parameter.name.clone()}</label>
            </div>
            {notes.hint}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: ParameterKind, default: Option<&str>) -> Parameter {
        Parameter {
            name: name.into(),
            description: Some("<b>why</b>".into()),
            kind,
            default: default.map(str::to_owned),
        }
    }

    fn html(parameter: Parameter, value: Option<&str>, errors: &[ArgumentError]) -> String {
        let mut wrong = Wrong::default();
        note_errors(&mut wrong, errors);
        let values = value.map(|value| (parameter.name.clone(), value.to_owned())).into_iter().collect();
        parameter_fields(&[parameter], &values, &wrong).unwrap().to_html()
    }

    #[test]
    fn what_is_not_ticked_is_sent_as_false() {
        let loud = || parameter("loud", ParameterKind::Boolean, Some("true"));
        let ticked = html(loud(), None, &[]);
        let (hidden, shown) = ticked.split_once("type=\"checkbox\"").unwrap();
        assert!(hidden.contains("type=\"hidden\" name=\"p-loud\" value=\"false\""), "{ticked}");
        assert!(shown.contains(" checked"), "{ticked}");
        assert!(!html(loud(), Some("false"), &[]).contains(" checked"));
        assert!(ticked.contains("&lt;b&gt;why"), "{ticked}");
    }

    #[test]
    fn few_choices_are_in_sight_and_many_in_a_list() {
        let choices = |count: usize| ParameterKind::Choice((0..count).map(|at| format!("c{at}")).collect());
        let few = html(parameter("route", choices(4), Some("c1")), None, &[]);
        assert_eq!(few.matches("type=\"radio\"").count(), 4, "{few}");
        let many = html(parameter("route", choices(5), Some("c1")), Some("c3"), &[]);
        assert!(many.contains("<option value=\"c3\" selected"), "{many}");
    }

    #[test]
    fn a_wrong_value_is_kept_beside_its_error() {
        let error = ArgumentError::NotALine { name: "ship".into() };
        let wrong = html(parameter("ship", ParameterKind::Text, None), Some("\"><script>"), &[error]);
        assert!(wrong.contains("aria-invalid=\"true\"") && wrong.contains("is one line, without"), "{wrong}");
        assert!(!wrong.contains("<script>"), "{wrong}");
    }

    #[test]
    fn an_authors_lines_stay_lines() {
        let lines = html(parameter("log", ParameterKind::Text, Some("a\nb")), None, &[]);
        assert!(lines.contains("<textarea"), "{lines}");
    }
}
