//! Form fields to type into, with their labels, hints and errors tied together for everyone.

use std::fmt::Display;

use leptos::prelude::*;

/// What is wrong with a form: the name of each wrong field and the words for it, in the order of the fields.
#[derive(Debug, Default)]
pub struct Wrong(Vec<(String, String)>);

/// A line to type into.
pub struct TextField<'a> {
    /// The name under which it is sent; also its id.
    pub name: &'a str,
    /// What to type.
    pub label: &'a str,
    /// What happens with it, where that helps.
    pub hint: Option<&'a str>,
    /// `text` or `email`.
    pub kind: &'static str,
    /// What the browser may fill in (HTML standard, section 4.10.18.7).
    pub autocomplete: &'static str,
    /// The most characters.
    pub max_length: usize,
    /// What was typed so far.
    pub value: &'a str,
    /// Whether it must be filled in.
    pub required: bool,
}

/// Many lines to type into.
pub struct TextArea<'a> {
    /// The name under which it is sent; also its id.
    pub name: &'a str,
    /// What to type.
    pub label: &'a str,
    /// What happens with it, where that helps.
    pub hint: Option<&'a str>,
    /// How many lines it shows.
    pub rows: usize,
    /// The most characters.
    pub max_length: usize,
    /// What was typed so far.
    pub value: &'a str,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it is for a machine to read: no spelling is checked, and letters keep their case.
    pub code: bool,
}

impl Wrong {
    /// A field with this name is wrong, if there is an error to tell.
    pub fn note(&mut self, name: impl Into<String>, error: Option<impl Display>) {
        self.0.extend(error.map(|error| (name.into(), error.to_string())));
    }

    /// What is wrong with the field of this name.
    fn with(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(wrong, _)| wrong == name).map(|(_, words)| words.as_str())
    }

    /// Whether the page opens with this field ready for typing: the first one that is wrong.
    pub(super) fn begins_with(&self, name: &str) -> bool {
        self.0.first().is_some_and(|(wrong, _)| wrong == name)
    }

    /// What is wrong, to stand above the form, each entry leading to its field. Nothing where nothing is wrong.
    pub fn summary(&self) -> Option<AnyView> {
        let heading = if self.0.len() == 1 { "One thing to put right" } else { "A few things to put right" };
        self.links().map(|links| {
            view! {
                <div class="notice notice-bad" role="alert">
                    <p class="notice-title">{heading}</p>
                    {links}
                </div>
            }
            .into_any()
        })
    }

    /// What is wrong, each entry leading to its field. Nothing where nothing is wrong.
    pub fn links(&self) -> Option<AnyView> {
        let entry = |(field, words): &(String, String)| {
            view! { <li><a href=format!("#{field}")>{words.clone()}</a></li> }
        };
        (!self.0.is_empty()).then(|| view! { <ul>{self.0.iter().map(entry).collect_view()}</ul> }.into_any())
    }
}

impl TextField<'_> {
    /// The field.
    pub fn render(&self, wrong: &Wrong) -> AnyView {
        let notes = Notes::of(self.name, self.hint, wrong);
        view! {
            <div class="field" class:field-wrong=notes.wrong>
                <label for=self.name.to_owned()>{labelled(self.label, self.required)}</label>
                {notes.hint}
                {notes.error}
                <input
                    id=self.name.to_owned()
                    name=self.name.to_owned()
                    type=self.kind
                    value=self.value.to_owned()
                    autocomplete=self.autocomplete
                    maxlength=self.max_length.to_string()
                    required=self.required
                    autofocus=wrong.begins_with(self.name)
                    aria-describedby=notes.described_by
                    aria-invalid=notes.wrong.then_some("true")
                />
            </div>
        }
        .into_any()
    }
}

impl TextArea<'_> {
    /// The field. The framework writes a textarea's children as they are, so they are encoded here; the line feed in
    /// front is dropped by browsers (HTML standard, section 13.2.6.4.7) and keeps one that the text begins with.
    pub fn render(&self, wrong: &Wrong) -> AnyView {
        let notes = Notes::of(self.name, self.hint, wrong);
        let text = format!("\n{}", encode(self.value));
        view! {
            <div class="field field-wide" class:field-wrong=notes.wrong>
                <label for=self.name.to_owned()>{labelled(self.label, self.required)}</label>
                {notes.hint}
                {notes.error}
                <textarea
                    id=self.name.to_owned()
                    name=self.name.to_owned()
                    rows=self.rows.to_string()
                    maxlength=self.max_length.to_string()
                    spellcheck=self.code.then_some("false")
                    autocapitalize=self.code.then_some("off")
                    autocomplete="off"
                    required=self.required
                    autofocus=!self.code && wrong.begins_with(self.name)
                    aria-describedby=notes.described_by
                    aria-invalid=notes.wrong.then_some("true")
                >
                    {text}
                </textarea>
            </div>
        }
        .into_any()
    }
}

/// What only machines fill in: nobody sees it, no keyboard reaches it, no screen reader reads it.
pub fn trap() -> AnyView {
    view! {
        <div class="leave-empty" aria-hidden="true">
            <label for="website">"Leave this empty"</label>
            <input id="website" name="website" type="text" value="" tabindex="-1" autocomplete="off"/>
        </div>
    }
    .into_any()
}

/// The signed moment at which a form is handed out.
pub fn token(token: &str) -> AnyView {
    view! { <input type="hidden" name="form" value=token.to_owned()/> }.into_any()
}

/// Most of what is asked must be answered; the rest says so.
pub(super) fn labelled(label: &str, required: bool) -> AnyView {
    view! { {label.to_owned()} {optional(required)} }.into_any()
}

pub(super) fn optional(required: bool) -> Option<AnyView> {
    (!required).then(|| view! { <span class="optional">" (optional)"</span> }.into_any())
}

/// Hint and error of a field, and the ids that tie them to it.
pub(super) struct Notes {
    /// What helps to fill it in.
    pub hint: Option<AnyView>,
    /// What is wrong with it.
    pub error: Option<AnyView>,
    /// The value of its `aria-describedby`.
    pub described_by: Option<String>,
    /// Whether something is.
    pub wrong: bool,
}

impl Notes {
    /// The notes of the field of this name.
    pub fn of(name: &str, hint: Option<&str>, wrong: &Wrong) -> Self {
        let error = wrong.with(name);
        let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
        let ids: Vec<&str> = [hint.map(|_| hint_id.as_str()), error.map(|_| error_id.as_str())]
            .into_iter()
            .flatten()
            .collect();
        let described_by = (!ids.is_empty()).then(|| ids.join(" "));
        Self {
            hint: hint
                .map(|words| view! { <p class="field-hint" id=hint_id>{words.to_owned()}</p> }.into_any()),
            error: error
                .map(|words| view! { <p class="field-error" id=error_id>{words.to_owned()}</p> }.into_any()),
            described_by,
            wrong: error.is_some(),
        }
    }
}

fn encode(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(value: &str) -> String {
        let area = TextArea {
            name: "pipeline",
            label: "Pipeline",
            hint: None,
            rows: 3,
            max_length: 100,
            value,
            required: true,
            code: true,
        };
        area.render(&Wrong::default()).to_html()
    }

    #[test]
    fn text_in_a_textarea_cannot_close_it() {
        let html = area("</textarea><script>alert(1)</script> &amp;");
        assert!(
            html.contains("\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;</textarea>"),
            "{html}"
        );
    }

    #[test]
    fn a_textarea_keeps_a_leading_line_feed() {
        assert!(area("\nfirst").contains(">\n\nfirst</textarea>"));
    }

    #[test]
    fn a_wrong_field_keeps_its_value_and_names_its_error() {
        let field = TextField {
            name: "email",
            label: "E-mail",
            hint: Some("We write to it once."),
            kind: "email",
            autocomplete: "email",
            max_length: 254,
            value: "\"><script>",
            required: true,
        };
        let mut wrong = Wrong::default();
        wrong.note("email", Some("This does not look like an e-mail address."));
        let html = field.render(&wrong).to_html();
        assert!(html.contains(r#"value="&quot;&gt;&lt;script&gt;""#), "{html}");
        assert!(html.contains(r#"aria-describedby="email-hint email-error""#), "{html}");
        assert!(html.contains(r#"aria-invalid="true""#), "{html}");
        assert!(html.contains(" autofocus"), "{html}");
        assert!(wrong.summary().unwrap().to_html().contains(r##"<a href="#email">"##));
    }
}
