//! Orders in which each job follows those it needs.

/// The jobs in an order in which each follows those it needs and which otherwise keeps the order they are written in;
/// or, where there is none, jobs that wait for each other in a circle, the first one repeated at the end.
///
/// `needs[job]` holds the places of the jobs that `job` needs, all within the list.
pub fn order(needs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut order = Vec::with_capacity(needs.len());
    let mut placed = vec![false; needs.len()];
    while order.len() < needs.len() {
        let ready = |job: &usize| !placed[*job] && needs[*job].iter().all(|need| placed[*need]);
        match (0..needs.len()).find(ready) {
            Some(job) => {
                placed[job] = true;
                order.push(job);
            }
            None => return Err(circle(needs, &placed)),
        }
    }
    Ok(order)
}

/// Every job that is left waits for another one that is left, so following the needs comes back to where it has been.
fn circle(needs: &[Vec<usize>], placed: &[bool]) -> Vec<usize> {
    let mut path: Vec<usize> = Vec::new();
    let mut next = placed.iter().position(|placed| !placed);
    while let Some(job) = next {
        let seen = path.iter().position(|earlier| *earlier == job);
        path.push(job);
        if let Some(start) = seen {
            return path.split_off(start);
        }
        next = needs[job].iter().copied().find(|need| !placed[*need]);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_written_order_where_it_can() {
        assert_eq!(order(&[vec![], vec![], vec![0, 1]]), Ok(vec![0, 1, 2]));
        assert_eq!(order(&[vec![2], vec![], vec![1]]), Ok(vec![1, 2, 0]));
        assert_eq!(order(&[]), Ok(vec![]));
    }

    #[test]
    fn shows_a_circle_without_what_leads_into_it() {
        assert_eq!(order(&[vec![1], vec![2], vec![1]]), Err(vec![1, 2, 1]));
        assert_eq!(order(&[vec![], vec![1]]), Err(vec![1, 1]));
    }
}
