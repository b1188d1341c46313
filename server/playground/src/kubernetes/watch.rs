//! One watch of all this portal's pods, for everybody who wants to know of one.
//!
//! What is told comes from the API server alone: a pod is gone when it says so, by an event or by a complete list in which
//! the pod is missing. While the API server is away nothing changes here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::runtime::watcher::{self, Event};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::backoff::Backoff;
use super::link::{self, Link};
use super::status;

/// How long nothing may happen until all pods are listed again: so a connection that is dead without saying so is found out.
const QUIET: Duration = Duration::from_mins(1);
/// The same while somebody waits for something to happen to a pod.
const QUIET_IN_USE: Duration = Duration::from_secs(15);
/// How long the list of all pods may take.
const LISTING: Duration = Duration::from_secs(15);
/// Pauses between tries while the API server is away.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is known of a pod that somebody follows.
#[derive(Clone, Debug, Default)]
pub enum Sight {
    /// It has not been seen.
    #[default]
    Expected,
    /// So it was last.
    There(Arc<Pod>),
    /// It is no more; so it was last.
    Gone(Arc<Pod>),
}

impl Sight {
    /// The pod as it was last, and whether it is gone; `None` where it was never seen.
    pub fn last(&self) -> Option<(&Pod, bool)> {
        match self {
            Self::Expected => None,
            Self::There(pod) => Some((pod, false)),
            Self::Gone(pod) => Some((pod, true)),
        }
    }

    /// Whether the job's container has ended, in one way or another.
    pub fn has_ended(&self) -> bool {
        self.last().is_some_and(|(pod, gone)| gone || status::has_ended(pod))
    }
}

/// The watch, and what it has seen.
pub struct PodWatch {
    cache: Arc<Cache>,
    _watching: AbortOnDropHandle<()>,
}

/// What has been seen.
struct Cache {
    pods: Mutex<HashMap<String, Arc<Pod>>>,
    followed: Mutex<HashMap<String, watch::Sender<Sight>>>,
    departures: watch::Sender<u64>,
    link: watch::Sender<Link>,
}

/// Somebody's view of one pod, by its name.
pub struct Sightings {
    name: String,
    sights: watch::Receiver<Sight>,
    cache: Arc<Cache>,
}

impl PodWatch {
    /// Watches the pods that `selector` selects until this is dropped.
    pub fn start(pods: Api<Pod>, selector: &str) -> Self {
        let cache = Arc::new(Cache::new());
        let config = watcher::Config::default().labels(selector);
        let watching = tokio::spawn(watch_always(pods, config, Arc::clone(&cache)));
        Self { cache, _watching: AbortOnDropHandle::new(watching) }
    }

    /// The pod of this name, as it was last.
    pub fn get(&self, name: &str) -> Option<Arc<Pod>> {
        self.cache.pods().get(name).map(Arc::clone)
    }

    /// Every pod, as it was last.
    pub fn all(&self) -> Vec<Arc<Pod>> {
        self.cache.pods().values().map(Arc::clone).collect()
    }

    /// How many pods there are that are not over, and so take room.
    pub fn under_way(&self) -> usize {
        self.cache.pods().values().filter(|pod| !status::is_over(pod)).count()
    }

    /// Whether the API server is heard.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.cache.link.subscribe()
    }

    /// Whether the API server is heard now, so that what was seen is what there is.
    pub fn is_current(&self) -> bool {
        self.cache.link.borrow().up_since().is_some()
    }

    /// Changes whenever a pod stops taking room.
    pub fn departures(&self) -> watch::Receiver<u64> {
        self.cache.departures.subscribe()
    }

    /// Follows the pod of this name, which need not be there yet.
    pub fn follow(&self, name: &str) -> Sightings {
        let mut followed = self.cache.followed();
        let sender = followed
            .entry(name.to_owned())
            .or_insert_with(|| watch::Sender::new(self.get(name).map_or(Sight::Expected, Sight::There)));
        Sightings { name: name.to_owned(), sights: sender.subscribe(), cache: Arc::clone(&self.cache) }
    }
}

impl Sightings {
    /// What is known of the pod now.
    pub fn now(&mut self) -> Sight {
        self.sights.borrow_and_update().clone()
    }

    /// Waits until something else is known of it.
    pub async fn change(&mut self) {
        // The sender is in the cache for as long as somebody follows.
        if self.sights.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Its changes, for somebody else who need not look after them.
    pub fn subscribe(&self) -> watch::Receiver<Sight> {
        self.sights.clone()
    }
}

impl Drop for Sightings {
    fn drop(&mut self) {
        let mut followed = self.cache.followed();
        // This one's own receiver is still there, and so are those it gave to others.
        if followed.get(&self.name).is_some_and(|sender| sender.receiver_count() <= 1) {
            followed.remove(&self.name);
        }
    }
}

impl Cache {
    fn new() -> Self {
        Self {
            pods: Mutex::default(),
            followed: Mutex::default(),
            departures: watch::Sender::new(0),
            link: Link::begin(),
        }
    }

    fn saw(&self, pod: Pod) {
        let Some(name) = pod.metadata.name.clone() else { return };
        let pod = Arc::new(pod);
        let before = self.pods().insert(name.clone(), Arc::clone(&pod));
        self.tell(&name, Sight::There(Arc::clone(&pod)));
        if status::is_over(&pod) && before.is_none_or(|before| !status::is_over(&before)) {
            self.departed();
        }
    }

    fn lost(&self, pod: Pod) {
        let Some(name) = pod.metadata.name.clone() else { return };
        self.pods().remove(&name);
        self.tell(&name, Sight::Gone(Arc::new(pod)));
        self.departed();
    }

    /// Takes a complete list in place of all that was seen.
    fn replace(&self, listed: Vec<Pod>) {
        let before = std::mem::take(&mut *self.pods());
        for pod in listed {
            self.saw(pod);
        }
        let gone: Vec<_> = before.into_iter().filter(|(name, _)| !self.pods().contains_key(name)).collect();
        for (name, pod) in gone {
            self.tell(&name, Sight::Gone(pod));
            self.departed();
        }
    }

    fn tell(&self, name: &str, sight: Sight) {
        if let Some(sender) = self.followed().get(name) {
            sender.send_replace(sight);
        }
    }

    fn departed(&self) {
        self.departures.send_modify(|count| *count += 1);
    }

    fn pods(&self) -> MutexGuard<'_, HashMap<String, Arc<Pod>>> {
        // No code runs under this lock, nor the next one, that could break off half-way.
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Sight>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches for ever. After every failure all pods are listed again, so that nothing is missed.
async fn watch_always(pods: Api<Pod>, config: watcher::Config, cache: Arc<Cache>) {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let events = std::pin::pin!(watcher::watcher(pods.clone(), config.clone()));
        match take_in(events, &cache, &mut backoff).await {
            Interruption::Quiet => {}
            Interruption::Failed(words) => {
                link::set(&cache.link, false);
                let pause = backoff.pause();
                tracing::warn!(error = words, pause_ms = pause.as_millis(), "the pods cannot be watched");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Why pods are to be listed again.
enum Interruption {
    /// Nothing has happened for long.
    Quiet,
    /// The API server is away, or has forgotten where the watch was.
    Failed(String),
}

/// Takes in what a watch tells, until it is interrupted.
async fn take_in(
    mut events: impl Stream<Item = watcher::Result<Event<Pod>>> + Unpin,
    cache: &Cache,
    backoff: &mut Backoff,
) -> Interruption {
    let mut listed = Some(Vec::new());
    let mut heard = Instant::now();
    loop {
        let patience = if listed.is_some() { LISTING } else { QUIET_IN_USE };
        let event = match tokio::time::timeout(patience, events.next()).await {
            Ok(Some(Ok(event))) => event,
            Ok(Some(Err(error))) => return Interruption::Failed(error.to_string()),
            Ok(None) => return Interruption::Failed("the watch has ended".to_owned()),
            Err(_) if listed.is_some() => return Interruption::Failed("the list does not come".to_owned()),
            Err(_) if heard.elapsed() >= QUIET || !cache.followed().is_empty() => return Interruption::Quiet,
            Err(_) => continue,
        };
        heard = Instant::now();
        match event {
            Event::Init => listed = Some(Vec::new()),
            Event::InitApply(pod) => listed.get_or_insert_default().push(light(pod)),
            Event::InitDone => {
                cache.replace(listed.take().unwrap_or_default());
                link::set(&cache.link, true);
                backoff.reset();
            }
            Event::Apply(pod) => cache.saw(light(pod)),
            Event::Delete(pod) => cache.lost(light(pod)),
        }
    }
}

/// A pod without what is large and never asked for: its input and who wrote which of its fields.
fn light(mut pod: Pod) -> Pod {
    pod.metadata.managed_fields = None;
    for container in pod.spec.iter_mut().flat_map(|spec| spec.init_containers.iter_mut().flatten()) {
        container.env = None;
    }
    pod
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodStatus};
    use kube::core::{ObjectMeta, Status};

    use super::*;

    fn pod(name: &str, phase: &str) -> Pod {
        let env = vec![EnvVar { name: "REGATTA_INPUT_0".into(), ..EnvVar::default() }];
        let init = Container { env: Some(env), ..Container::default() };
        Pod {
            metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() },
            spec: Some(PodSpec { init_containers: Some(vec![init]), ..PodSpec::default() }),
            status: Some(PodStatus { phase: Some(phase.into()), ..PodStatus::default() }),
        }
    }

    async fn take(cache: &Cache, events: Vec<watcher::Result<Event<Pod>>>) -> Interruption {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        take_in(stream::iter(events), cache, &mut backoff).await
    }

    fn follow(cache: &Arc<Cache>, name: &str) -> Sightings {
        let sender = watch::Sender::new(Sight::Expected);
        let sights = sender.subscribe();
        cache.followed().insert(name.to_owned(), sender);
        Sightings { name: name.to_owned(), sights, cache: Arc::clone(cache) }
    }

    fn listing(pods: &[&str]) -> Vec<watcher::Result<Event<Pod>>> {
        let listed = pods.iter().map(|name| Ok(Event::InitApply(pod(name, "Running"))));
        std::iter::once(Ok(Event::Init)).chain(listed).chain([Ok(Event::InitDone)]).collect()
    }

    #[tokio::test]
    async fn a_pod_is_gone_only_when_a_complete_list_lacks_it() {
        let cache = Arc::new(Cache::new());
        let (mut one, mut other) = (follow(&cache, "one"), follow(&cache, "other"));
        take(&cache, listing(&["one", "other"])).await;
        assert!(cache.link.borrow().up_since().is_some());
        // A list that breaks off says nothing.
        let mut half = listing(&["one"]);
        half.pop();
        half.push(Err(watcher::Error::NoResourceVersion));
        assert!(matches!(take(&cache, half).await, Interruption::Failed(_)));
        assert!(matches!((one.now(), other.now()), (Sight::There(_), Sight::There(_))));
        take(&cache, listing(&["one"])).await;
        assert!(matches!((one.now(), other.now()), (Sight::There(_), Sight::Gone(_))));
        assert_eq!(*cache.departures.borrow(), 1);
    }

    #[tokio::test]
    async fn one_that_was_never_seen_is_not_gone() {
        let cache = Arc::new(Cache::new());
        let mut late = follow(&cache, "late");
        take(&cache, listing(&[])).await;
        assert!(matches!(late.now(), Sight::Expected));
        take(&cache, vec![Ok(Event::Apply(pod("late", "Pending")))]).await;
        assert!(matches!(late.now(), Sight::There(_)));
        take(&cache, vec![Ok(Event::Delete(pod("late", "Pending")))]).await;
        assert!(matches!(late.now(), Sight::Gone(_)));
    }

    #[tokio::test]
    async fn a_pod_departs_once_when_it_is_over_and_its_input_is_not_kept() {
        let cache = Arc::new(Cache::new());
        let over = || Ok(Event::Apply(pod("one", "Succeeded")));
        take(&cache, vec![Ok(Event::Apply(pod("one", "Running"))), over(), over()]).await;
        assert_eq!(*cache.departures.borrow(), 1);
        let kept = cache.pods().get("one").map(Arc::clone).unwrap();
        let init = &kept.spec.as_ref().unwrap().init_containers.as_ref().unwrap()[0];
        assert_eq!(init.env, None);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_leads_to_another_list_and_concludes_nothing() {
        let cache = Arc::new(Cache::new());
        let mut one = follow(&cache, "one");
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let events = stream::iter(listing(&["one"])).chain(stream::pending());
        let began = Instant::now();
        assert!(matches!(take_in(Box::pin(events), &cache, &mut backoff).await, Interruption::Quiet));
        assert_eq!(began.elapsed(), QUIET_IN_USE, "somebody waits");
        let never = stream::pending::<watcher::Result<Event<Pod>>>();
        assert!(matches!(take_in(never, &cache, &mut backoff).await, Interruption::Failed(_)));
        assert!(matches!(one.now(), Sight::There(_)));
        drop(one);
        let events = stream::iter(listing(&["one"])).chain(stream::pending());
        let began = Instant::now();
        assert!(matches!(take_in(Box::pin(events), &cache, &mut backoff).await, Interruption::Quiet));
        assert_eq!(began.elapsed(), QUIET, "nobody waits");
    }

    #[tokio::test]
    async fn what_nobody_follows_any_more_is_forgotten() {
        let cache = Arc::new(Cache::new());
        let one = follow(&cache, "one");
        let other = Sightings { name: "one".into(), sights: one.subscribe(), cache: Arc::clone(&cache) };
        drop(one);
        assert_eq!(cache.followed().len(), 1);
        drop(other);
        assert!(cache.followed().is_empty());
    }

    #[tokio::test]
    async fn a_forgotten_place_in_history_is_a_failure_like_any_other() {
        let cache = Cache::new();
        let gone = watcher::Error::WatchError(Status::failure("too old", "Expired").with_code(410).boxed());
        assert!(matches!(take(&cache, vec![Err(gone)]).await, Interruption::Failed(_)));
    }
}
