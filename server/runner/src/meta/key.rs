//! Keys: names joined by dots, each perhaps with places in lists: `build.images[2].digest`. A pair of empty brackets,
//! `names[]`, stands for a list of the one value that is set.

use serde_json::{Map, Value};

/// The longest key, in bytes.
const MAX_KEY: usize = 512;
/// The highest place in a list.
const MAX_PLACE: usize = 4095;

/// What a key points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    first: String,
    rest: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Name(String),
    Place(usize),
    NewList,
}

impl Key {
    /// Reads a key, or says that it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a key: names, dots and [places] make one");
        if text.len() > MAX_KEY {
            return Err(format!("a key of more than {MAX_KEY} bytes"));
        }
        let mut parts = Vec::new();
        for dotted in text.split('.') {
            let (name, places) = dotted.find('[').map_or((dotted, ""), |at| dotted.split_at(at));
            if !is_name(name) {
                return Err(wrong());
            }
            parts.push(Part::Name(name.to_owned()));
            for place in places.split_inclusive(']') {
                let place = place.strip_prefix('[').and_then(|place| place.strip_suffix(']'));
                parts.push(parse_place(place.ok_or_else(wrong)?).ok_or_else(wrong)?);
            }
        }
        match parts.remove(0) {
            Part::Name(first) => Ok(Self { first, rest: parts }),
            _ => Err(wrong()),
        }
    }

    /// What is there, where something is.
    pub fn get<'a>(&self, metadata: &'a Map<String, Value>) -> Option<&'a Value> {
        let mut value = metadata.get(&self.first)?;
        for part in &self.rest {
            value = match part {
                Part::Name(name) => value.get(name)?,
                Part::Place(place) => value.get(place)?,
                Part::NewList => return None,
            };
        }
        Some(value)
    }

    /// Puts `new` there. What is in the way becomes an object or a list; places before it that there are not become null.
    pub fn set(&self, metadata: &mut Map<String, Value>, new: Value) {
        let mut value = metadata.entry(self.first.clone()).or_insert(Value::Null);
        for part in &self.rest {
            value = match part {
                Part::Name(name) => as_object(value).entry(name.clone()).or_insert(Value::Null),
                Part::Place(place) => as_place(value, *place),
                Part::NewList => {
                    *value = Value::Array(Vec::new());
                    as_place(value, 0)
                }
            };
        }
        *value = new;
    }
}

fn as_object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("it has just become an object"),
    }
}

fn as_place(value: &mut Value, place: usize) -> &mut Value {
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(list) => {
            let length = list.len().max(place + 1);
            list.resize(length, Value::Null);
            &mut list[place]
        }
        _ => unreachable!("it has just become a list"),
    }
}

/// Letters, digits and underscores, with hyphens between them.
fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let ends = name.bytes().next().is_some_and(word) && name.bytes().next_back().is_some_and(word);
    ends && name.bytes().all(|byte| word(byte) || byte == b'-')
}

fn parse_place(digits: &str) -> Option<Part> {
    if digits.is_empty() {
        return Some(Part::NewList);
    }
    let plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    let place = digits.parse().ok().filter(|place| plain && *place <= MAX_PLACE)?;
    Some(Part::Place(place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn set(before: Value, key: &str, value: Value) -> Value {
        let Value::Object(mut metadata) = before else { panic!("not an object") };
        Key::parse(key).unwrap().set(&mut metadata, value);
        Value::Object(metadata)
    }

    #[test]
    fn a_key_makes_what_it_needs_and_keeps_what_is_beside() {
        let nested = set(json!({}), "foo[2].bar[1]", json!("baz"));
        assert_eq!(nested, json!({"foo": [null, null, {"bar": [null, "baz"]}]}));
        assert_eq!(set(nested, "foo[0]", json!(1)), json!({"foo": [1, null, {"bar": [null, "baz"]}]}));
        assert_eq!(set(json!({"a": {"b": 1}}), "a.c", json!(2)), json!({"a": {"b": 1, "c": 2}}));
        assert_eq!(set(json!({"a": "text"}), "a.c", json!(2)), json!({"a": {"c": 2}}));
        assert_eq!(set(json!({"a": [1, 2]}), "a[]", json!(3)), json!({"a": [3]}));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let endless = "a".repeat(MAX_KEY + 1);
        let nonsense = [
            "", ".", "a.", ".a", "a..b", "a[", "a]", "a[x]", "a[-1]", "a[01]", "a[99999]", "a[1]b", "-a",
            "a b", "é", &endless,
        ];
        for text in nonsense {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_set_is_got(key in "[a-c]([a-c-]{0,2}[a-c])?(\\[[0-9]\\])?(\\.[a-c](\\[[0-9]\\])?){0,4}", others in proptest::collection::vec("[a-c](\\.[a-c]|\\[[0-3]\\]){0,3}", 0..6)) {
            let mut metadata = Map::new();
            for other in &others {
                Key::parse(other).unwrap().set(&mut metadata, json!(other));
            }
            let key = Key::parse(&key).unwrap();
            key.set(&mut metadata, json!({"it": "is"}));
            prop_assert_eq!(key.get(&metadata), Some(&json!({"it": "is"})));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[a\\[\\].0-9-]{0,20}") {
            if let Ok(key) = Key::parse(&text) {
                let mut metadata = Map::new();
                key.set(&mut metadata, json!(1));
                prop_assert!(metadata.len() == 1);
            }
        }
    }
}
