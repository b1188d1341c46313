//! Form fields with their labels, hints and errors tied together for everyone.

use std::fmt::Display;

use leptos::prelude::*;

/// A line to type into.
pub struct TextField<'a> {
    /// The name under which it is sent; also its id.
    pub name: &'static str,
    /// What to type.
    pub label: &'static str,
    /// What happens with it, where that helps.
    pub hint: Option<&'static str>,
    /// `text` or `email`.
    pub kind: &'static str,
    /// What the browser may fill in (HTML standard, section 4.10.18.7).
    pub autocomplete: &'static str,
    /// The most characters.
    pub max_length: usize,
    /// What was typed so far.
    pub value: &'a str,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether the page opens with it ready for typing: the first field that is wrong.
    pub focused: bool,
}

/// Many lines to type into.
pub struct TextArea<'a> {
    /// The name under which it is sent; also its id.
    pub name: &'static str,
    /// What to type.
    pub label: &'static str,
    /// What happens with it, where that helps.
    pub hint: Option<&'static str>,
    /// How many lines it shows.
    pub rows: usize,
    /// The most characters.
    pub max_length: usize,
    /// What was typed so far.
    pub value: &'a str,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl TextField<'_> {
    /// The field.
    pub fn render(&self) -> AnyView {
        let notes = Notes::of(self.name, self.hint, self.error.as_deref());
        view! {
            <div class="field" class:field-wrong=self.error.is_some()>
                <label for=self.name>{self.label}</label>
                {notes.hint}
                {notes.error}
                <input
                    id=self.name
                    name=self.name
                    type=self.kind
                    value=self.value.to_owned()
                    autocomplete=self.autocomplete
                    maxlength=self.max_length.to_string()
                    required=true
                    autofocus=self.focused
                    aria-describedby=notes.described_by
                    aria-invalid=self.error.is_some().then_some("true")
                />
            </div>
        }
        .into_any()
    }
}

impl TextArea<'_> {
    /// The field. The framework writes a textarea's children as they are, so they are encoded here; the line feed in
    /// front is dropped by browsers (HTML standard, section 13.2.6.4.7) and keeps one that the text begins with.
    pub fn render(&self) -> AnyView {
        let notes = Notes::of(self.name, self.hint, self.error.as_deref());
        let text = format!("\n{}", encode(self.value));
        view! {
            <div class="field field-wide" class:field-wrong=self.error.is_some()>
                <label for=self.name>{self.label}</label>
                {notes.hint}
                {notes.error}
                <textarea
                    id=self.name
                    name=self.name
                    rows=self.rows.to_string()
                    maxlength=self.max_length.to_string()
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    required=true
                    aria-describedby=notes.described_by
                    aria-invalid=self.error.is_some().then_some("true")
                >
                    {text}
                </textarea>
            </div>
        }
        .into_any()
    }
}

/// Hint and error of a field, and the ids that tie them to it.
struct Notes {
    hint: Option<AnyView>,
    error: Option<AnyView>,
    described_by: Option<String>,
}

impl Notes {
    fn of(name: &str, hint: Option<&'static str>, error: Option<&str>) -> Self {
        let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
        let ids: Vec<&str> = [hint.map(|_| hint_id.as_str()), error.map(|_| error_id.as_str())]
            .into_iter()
            .flatten()
            .collect();
        let described_by = (!ids.is_empty()).then(|| ids.join(" "));
        Self {
            hint: hint.map(|words| view! { <p class="field-hint" id=hint_id>{words}</p> }.into_any()),
            error: error
                .map(|words| view! { <p class="field-error" id=error_id>{words.to_owned()}</p> }.into_any()),
            described_by,
        }
    }
}

/// What is wrong with a form, above it, each entry leading to its field. Nothing where nothing is wrong.
pub fn error_summary(errors: &[(&'static str, String)]) -> Option<AnyView> {
    let entry = |(field, words): &(&'static str, String)| {
        view! { <li><a href=format!("#{field}")>{words.clone()}</a></li> }
    };
    let heading = if errors.len() == 1 { "One thing to put right" } else { "A few things to put right" };
    (!errors.is_empty()).then(|| {
        view! {
            <div class="notice notice-bad" role="alert">
                <h3>{heading}</h3>
                <ul>{errors.iter().map(entry).collect_view()}</ul>
            </div>
        }
        .into_any()
    })
}

/// An error's words, for [`TextField::error`].
pub fn words(error: Option<impl Display>) -> Option<String> {
    error.map(|error| error.to_string())
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
            error: None,
        };
        area.render().to_html()
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
            error: Some("This does not look like an e-mail address.".into()),
            focused: true,
        };
        let html = field.render().to_html();
        assert!(html.contains(r#"value="&quot;&gt;&lt;script&gt;""#), "{html}");
        assert!(html.contains(r#"aria-describedby="email-hint email-error""#), "{html}");
        assert!(html.contains(r#"aria-invalid="true""#), "{html}");
        assert!(html.contains(" autofocus"), "{html}");
    }
}
