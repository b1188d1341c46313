//! `matrix`: one job that becomes several, one for each combination of values.

use super::{environment, expected};
use crate::MAX_CELLS;
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Value};

/// The most characters of a value that a cell's name shows.
const SHOWN: usize = 24;

/// Variables, each with the values it takes.
#[derive(Clone, Debug, Default)]
pub struct Matrix(Vec<(String, Vec<String>)>);

/// Reads a matrix. One that is too large is told and left out, so that the job is there once.
pub fn read(key: &Key, node: &Node<'_>, findings: &mut Findings) -> Matrix {
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => return Matrix::default(),
        _ => {
            findings.tell(expected(node, "`matrix`", "a mapping of variables to lists of values"));
            return Matrix::default();
        }
    };
    let mut matrix = Matrix::default();
    let mut cells = 1_usize;
    for (variable, node) in entries {
        let Some(values) = read_values(variable, node, findings) else { continue };
        cells = cells.saturating_mul(values.len());
        matrix.0.push((variable.name.clone(), values));
    }
    if cells > MAX_CELLS {
        let message = format!("this matrix would make more than {MAX_CELLS} jobs of one");
        findings.refused_with_hint(key.place, message, "leave out some of its values");
        return Matrix::default();
    }
    matrix
}

fn read_values(variable: &Key, node: &Node<'_>, findings: &mut Findings) -> Option<Vec<String>> {
    let what = format!("{} in `matrix`", quoted(&variable.name));
    let Value::List(items) = &node.value else {
        findings.tell(expected(node, &what, "a list of values"));
        return None;
    };
    if items.is_empty() {
        findings.wrong(node.place, format!("{what} has no value"));
    }
    if !environment::is_free_variable(variable, findings) {
        return None;
    }
    // A list that is too long is told with the whole matrix; more of it need not be read for that.
    let items = items.iter().take(MAX_CELLS + 1);
    let values: Vec<String> = items.filter_map(|item| environment::value(item, findings)).collect();
    (!values.is_empty()).then_some(values)
}

impl Matrix {
    /// Every combination of values, the last variable changing first; one empty combination where there is no matrix.
    pub fn cells(&self) -> Vec<Vec<(String, String)>> {
        let mut cells = vec![Vec::new()];
        for (name, values) in &self.0 {
            let with = |cell: &Vec<(String, String)>, value: &String| {
                let mut cell = cell.clone();
                cell.push((name.clone(), value.clone()));
                cell
            };
            cells = cells.iter().flat_map(|cell| values.iter().map(move |value| with(cell, value))).collect();
        }
        cells
    }

    /// How many jobs it makes of one.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(_, values)| values.len()).product()
    }
}

/// The name of a cell: `test (NODE=18, OS=linux)`.
pub fn name(job: &str, values: &[(String, String)]) -> String {
    let shown = |(name, value): &(String, String)| {
        let mut text: String = value.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        if value.chars().nth(SHOWN).is_some() {
            text.push('…');
        }
        format!("{name}={text}")
    };
    let values: Vec<String> = values.iter().map(shown).collect();
    format!("{job} ({})", values.join(", "))
}
