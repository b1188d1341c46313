//! Which objects a request speaks of.

use serde_json::Value;

/// Conditions that objects must all meet.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    place: Place,
    test: Test,
}

#[derive(Clone, Debug)]
enum Place {
    Label(String),
    Field(String),
}

#[derive(Clone, Debug)]
enum Test {
    Is(String),
    IsNot(String),
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Exists,
    Missing,
}

impl Selector {
    /// What `labelSelector` and `fieldSelector` of a request say; an error is what is wrong with them.
    pub fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let mut conditions = Vec::new();
        for term in terms(labels) {
            let (key, test) = label_test(term)?;
            conditions.push(Condition { place: Place::Label(key), test });
        }
        for term in terms(fields) {
            let (key, test) = equality(term)
                .ok_or_else(|| format!("invalid selector: '{fields}'; can't understand '{term}'"))?;
            conditions.push(Condition { place: Place::Field(key), test });
        }
        Ok(Self { conditions })
    }

    /// The fields it speaks of.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().filter_map(|condition| match &condition.place {
            Place::Field(path) => Some(path.as_str()),
            Place::Label(_) => None,
        })
    }

    /// Whether `object` meets all conditions.
    pub fn matches(&self, object: &Value) -> bool {
        self.conditions.iter().all(|condition| condition.holds(object))
    }
}

impl Condition {
    fn holds(&self, object: &Value) -> bool {
        let found = match &self.place {
            Place::Label(name) => object["metadata"]["labels"].get(name).and_then(Value::as_str),
            // A field that is not set is empty.
            Place::Field(path) => Some(field(object, path)),
        };
        match &self.test {
            Test::Is(wanted) => found == Some(wanted),
            Test::IsNot(unwanted) => found != Some(unwanted),
            Test::OneOf(wanted) => found.is_some_and(|found| wanted.iter().any(|value| value == found)),
            Test::NoneOf(unwanted) => found.is_none_or(|found| unwanted.iter().all(|value| value != found)),
            Test::Exists => found.is_some(),
            Test::Missing => found.is_none(),
        }
    }
}

fn field<'a>(object: &'a Value, path: &str) -> &'a str {
    path.split('.').fold(object, |value, name| &value[name]).as_str().unwrap_or_default()
}

/// The parts between commas, those within parentheses left alone.
fn terms(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let comma = |letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    };
    text.split(comma).map(str::trim).filter(|term| !term.is_empty()).collect()
}

fn equality(term: &str) -> Option<(String, Test)> {
    let own = |text: &str| text.trim().to_owned();
    if let Some((key, value)) = term.split_once("!=") {
        return Some((own(key), Test::IsNot(own(value))));
    }
    let (key, value) = term.split_once("==").or_else(|| term.split_once('='))?;
    Some((own(key), Test::Is(own(value))))
}

fn label_test(term: &str) -> Result<(String, Test), String> {
    if let Some(found) = equality(term) {
        return Ok(found);
    }
    if let Some((head, list)) = term.strip_suffix(')').and_then(|term| term.split_once('(')) {
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        return match head.split_whitespace().collect::<Vec<_>>()[..] {
            [key, "in"] => Ok((key.to_owned(), Test::OneOf(values))),
            [key, "notin"] => Ok((key.to_owned(), Test::NoneOf(values))),
            _ => Err(format!("unable to parse requirement: found '{head}', expected: in, notin")),
        };
    }
    match term.strip_prefix('!') {
        Some(key) => Ok((key.trim().to_owned(), Test::Missing)),
        None if !term.contains(char::is_whitespace) => Ok((term.to_owned(), Test::Exists)),
        None => Err(format!("unable to parse requirement: found '{term}', expected: ',' or 'end of string'")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(labels: &str, fields: &str) -> bool {
        let pod = json!({
            "metadata": {"name": "a", "labels": {"app": "x", "regatta/run": "1"}},
            "status": {"phase": "Running"},
        });
        Selector::parse(labels, fields).unwrap().matches(&pod)
    }

    #[test]
    fn labels_are_compared_as_the_documentation_says() {
        assert!(holds("", ""));
        assert!(holds("app=x,regatta/run==1", ""));
        assert!(!holds("app=y", ""));
        assert!(holds("app in (x, y),other notin (z)", ""));
        assert!(!holds("app in (y,z)", ""));
        assert!(holds("app,!other,other!=1", ""));
        assert!(!holds("other", ""));
        assert!(Selector::parse("a b", "").is_err());
    }

    #[test]
    fn fields_are_found_by_their_path() {
        assert!(holds("", "metadata.name=a,status.phase!=Pending"));
        assert!(!holds("", "spec.nodeName=n"));
        assert!(holds("", "spec.nodeName="));
        assert!(Selector::parse("", "nothing").is_err());
    }
}
