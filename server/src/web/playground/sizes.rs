//! What a job gets in a cluster, in words.

use regatta_playground::executor::Limits;
use regatta_playground::kubernetes::settings::ClusterSettings;

/// What a pod may use and what is kept free for it, and how many there is room for, one thing a line.
pub fn sizes(settings: &ClusterSettings, limits: &Limits, pods: Option<u32>) -> Vec<String> {
    let mib = |bytes: u64| format!("{} MiB of memory", bytes >> 20);
    let (most, kept) = (settings.cpu_limit_millis, settings.cpu_request_millis);
    let most = format!("at most {} and {} for each job", processors(most), mib(limits.memory_bytes));
    let kept = format!("{} and {} kept free for it", processors(kept), mib(settings.memory_request_bytes));
    let room = pods.map(|pods| format!("room for {pods} jobs at once; others wait"));
    [most, kept].into_iter().chain(room).collect()
}

/// Thousandths of a processor in words: `1 processor`, `0.25 processors`.
fn processors(millis: u32) -> String {
    let number = format!("{}.{:03}", millis / 1_000, millis % 1_000);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {}", if millis == 1_000 { "processor" } else { "processors" })
}

#[cfg(test)]
mod tests {
    use super::processors;

    #[test]
    fn parts_of_processors_are_decimal_fractions() {
        let words = [1_000, 250, 1_500, 2_000, 1].map(processors);
        assert_eq!(
            words,
            ["1 processor", "0.25 processors", "1.5 processors", "2 processors", "0.001 processors"]
        );
    }
}
