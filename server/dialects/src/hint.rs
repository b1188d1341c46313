//! What an author may have meant.

/// The longest word that is compared, in bytes.
const MAX_WORD: usize = 64;

/// The candidate that `word` is most likely a slip of, if any is close: a swap of case, or one wrong, missing, extra
/// or swapped letter for words up to five letters and two for longer ones.
///
/// Words longer than anything one would mistype are not compared.
pub fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let wanted: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    let allowed = if wanted.len() <= 5 { 1 } else { 2 };
    candidates
        .iter()
        .filter(|candidate| candidate.chars().count().abs_diff(wanted.len()) <= allowed)
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            Some((distance(&wanted, &letters, allowed)?, *candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?" where something is close, else what there is to choose from.
pub fn choice(word: &str, candidates: &[&str]) -> String {
    nearest(word, candidates).map_or_else(|| one_of(candidates), did_you_mean)
}

/// Offers what was probably meant.
pub fn did_you_mean(candidate: &str) -> String {
    format!("did you mean `{candidate}`?")
}

/// Offers all of `candidates`.
pub fn one_of(candidates: &[&str]) -> String {
    if candidates.is_empty() {
        return "nothing is expected here".to_owned();
    }
    format!("one of: {}", candidates.join(", "))
}

/// Optimal string alignment distance (insertions, deletions, substitutions and swaps of neighbours), where it is at most
/// `allowed`. Only what lies that close to the diagonal is looked at, so that long words cost no more than their length.
fn distance(a: &[char], b: &[char], allowed: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let far = allowed + 1;
    let mut before = vec![far; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).map(|j| j.min(far)).collect();
    for i in 1..=a.len() {
        let mut row = vec![far; b.len() + 1];
        if i <= allowed {
            row[0] = i;
        }
        for j in i.saturating_sub(allowed).max(1)..=(i + allowed).min(b.len()) {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best.min(far);
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|distance| *distance <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_nothing_far_away() {
        let keys = ["steps", "image", "requires", "environment"];
        assert_eq!(nearest("setps", &keys), Some("steps"));
        assert_eq!(nearest("Image", &keys), Some("image"));
        assert_eq!(nearest("enviroment", &keys), Some("environment"));
        assert_eq!(nearest("needs", &keys), None);
        assert_eq!(nearest("requries", &keys), Some("requires"));
        assert_eq!(nearest("environ", &keys), None);
        assert_eq!(nearest("mage", &keys), Some("image"));
        assert_eq!(nearest("", &["a", "ab"]), Some("a"));
        let long = "x".repeat(MAX_WORD + 1);
        assert_eq!(nearest(&long, &[long.as_str()]), None);
        assert_eq!(choice("needs", &keys), "one of: steps, image, requires, environment");
    }
}
