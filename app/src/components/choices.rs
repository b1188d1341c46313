//! Form fields to choose from, with their labels, hints and errors tied together for everyone.

use leptos::prelude::*;

use super::fields::{Notes, Wrong, labelled, optional};

/// One of several answers to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What helps to choose.
    pub note: Option<String>,
    /// Whether it is chosen.
    pub chosen: bool,
    /// Whether it cannot be chosen at the moment.
    pub unavailable: bool,
}

/// Answers of which one is chosen, or any number.
pub struct ChoiceField<'a> {
    /// The name under which they are sent; also the id of the first.
    pub name: &'a str,
    /// What is chosen.
    pub legend: &'a str,
    /// What helps to choose.
    pub hint: Option<&'a str>,
    /// Whether several may be chosen.
    pub multiple: bool,
    /// What there is to choose from.
    pub choices: Vec<Choice>,
    /// Whether something must be chosen.
    pub required: bool,
}

/// A list that opens, of which one entry is chosen.
pub struct SelectField<'a> {
    /// The name under which it is sent; also its id.
    pub name: &'a str,
    /// What is chosen.
    pub label: &'a str,
    /// What helps to choose.
    pub hint: Option<&'a str>,
    /// What there is to choose from.
    pub choices: Vec<Choice>,
}

/// A box to tick.
pub struct TickField<'a> {
    /// The name under which `yes` is sent; also its id.
    pub name: &'a str,
    /// What is agreed to.
    pub label: AnyView,
    /// What helps to decide.
    pub hint: Option<&'a str>,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Whether it must be ticked.
    pub required: bool,
}

impl ChoiceField<'_> {
    /// The field.
    pub fn render(&self, wrong: &Wrong) -> AnyView {
        let notes = Notes::of(self.name, self.hint, wrong);
        let choices = self.choices.iter().enumerate();
        let choices = choices.map(|(at, choice)| self.choice(at, choice, wrong)).collect_view();
        view! {
            <fieldset class="field field-choices" class:field-wrong=notes.wrong aria-describedby=notes.described_by>
                <legend>{labelled(self.legend, self.required)}</legend>
                {notes.hint}
                {notes.error}
                {choices}
            </fieldset>
        }
        .into_any()
    }

    fn choice(&self, at: usize, choice: &Choice, wrong: &Wrong) -> AnyView {
        let id = if at == 0 { self.name.to_owned() } else { format!("{}-{at}", self.name) };
        let note_id = choice.note.is_some().then(|| format!("{}-{at}-note", self.name));
        let note = choice.note.clone().zip(note_id.clone()).map(|(words, id)| {
            view! { <span class="choice-note" id=id>{words}</span> }
        });
        view! {
            <div class="choice" class:choice-unavailable=choice.unavailable>
                <input
                    id=id.clone()
                    name=self.name.to_owned()
                    type=if self.multiple { "checkbox" } else { "radio" }
                    value=choice.value.clone()
                    checked=choice.chosen
                    disabled=choice.unavailable
                    required=self.required && !self.multiple
                    autofocus=at == 0 && wrong.begins_with(self.name)
                    aria-describedby=note_id
                />
                <label for=id>{choice.label.clone()}</label>
                {note}
            </div>
        }
        .into_any()
    }
}

impl SelectField<'_> {
    /// The field.
    pub fn render(&self, wrong: &Wrong) -> AnyView {
        let notes = Notes::of(self.name, self.hint, wrong);
        let one = |choice: &Choice| {
            view! { <option value=choice.value.clone() selected=choice.chosen>{choice.label.clone()}</option> }
        };
        view! {
            <div class="field" class:field-wrong=notes.wrong>
                <label for=self.name.to_owned()>{self.label.to_owned()}</label>
                {notes.hint}
                {notes.error}
                <select
                    id=self.name.to_owned()
                    name=self.name.to_owned()
                    autofocus=wrong.begins_with(self.name)
                    aria-describedby=notes.described_by
                    aria-invalid=notes.wrong.then_some("true")
                >
                    {self.choices.iter().map(one).collect_view()}
                </select>
            </div>
        }
        .into_any()
    }
}

impl TickField<'_> {
    /// The field.
    pub fn render(self, wrong: &Wrong) -> AnyView {
        let notes = Notes::of(self.name, self.hint, wrong);
        view! {
            <div class="field field-tick" class:field-wrong=notes.wrong>
                {notes.error}
                <div class="choice">
                    <input
                        id=self.name.to_owned()
                        name=self.name.to_owned()
                        type="checkbox"
                        value="yes"
                        checked=self.ticked
                        required=self.required
                        autofocus=wrong.begins_with(self.name)
                        aria-describedby=notes.described_by
                        aria-invalid=notes.wrong.then_some("true")
                    />
                    <label for=self.name.to_owned()>{self.label} {optional(self.required)}</label>
                </div>
                {notes.hint}
            </div>
        }
        .into_any()
    }
}

impl Choice {
    /// One that can be chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), note: None, chosen, unavailable: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_is_where_the_words_about_a_wrong_one_lead() {
        let field = ChoiceField {
            name: "attendance",
            legend: "How",
            hint: None,
            multiple: false,
            choices: vec![Choice::new("in_person", "On site", false), Choice::new("online", "Online", true)],
            required: true,
        };
        let mut wrong = Wrong::default();
        wrong.note("attendance", Some("Please choose."));
        let html = field.render(&wrong).to_html();
        assert_eq!(html.matches(r#"id="attendance""#).count(), 1, "{html}");
        assert_eq!(html.matches(" autofocus").count(), 1, "{html}");
        assert!(html.contains(r#"aria-describedby="attendance-error""#), "{html}");
        assert_eq!(html.matches(" checked").count(), 1, "{html}");
    }
}
