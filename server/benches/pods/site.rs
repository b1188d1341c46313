//! The cluster that is measured: a private one, or a real one by `REGATTA_TEST_KUBECONFIG`, with
//! `REGATTA_TEST_NAMESPACE`, `REGATTA_TEST_RUNTIME_CLASS`, `REGATTA_TEST_RUNNER_IMAGE` and `REGATTA_TEST_TOOLS_IMAGE`.

use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use regatta_trial_cluster::{PORTAL_IMAGE, TOOLS_IMAGE, TrialCluster, TrialOptions};

use crate::support::portal::Setup;

/// How many pods the quota of the private cluster admits.
pub const QUOTA: usize = 12;

/// Where pods run.
pub struct Site {
    kubeconfig: PathBuf,
    pub namespace: String,
    runtime_class: String,
    runner_image: String,
    tools_image: String,
    /// The private cluster, which counts what it is asked.
    pub trial: Option<TrialCluster>,
}

impl Site {
    /// The cluster that the environment names, or a private one.
    pub fn find() -> Self {
        let named = |name: &str| std::env::var(format!("REGATTA_TEST_{name}"));
        let Ok(kubeconfig) = named("KUBECONFIG") else { return Self::private() };
        Self {
            kubeconfig: kubeconfig.into(),
            namespace: named("NAMESPACE").unwrap_or_else(|_| "regatta-playground".to_owned()),
            runtime_class: named("RUNTIME_CLASS").unwrap_or_else(|_| "kata".to_owned()),
            runner_image: named("RUNNER_IMAGE").expect("REGATTA_TEST_RUNNER_IMAGE names the portal's image"),
            tools_image: named("TOOLS_IMAGE").expect("REGATTA_TEST_TOOLS_IMAGE names the image of tools"),
            trial: None,
        }
    }

    fn private() -> Self {
        let quota = [("pods", QUOTA.to_string())].map(|(what, most)| (what.to_owned(), most));
        let options = TrialOptions { quota: Some(quota.into()), ..TrialOptions::default() };
        let namespace = options.namespace.clone();
        let trial = TrialCluster::start(options);
        Self {
            kubeconfig: trial.kubeconfig_path().clone(),
            namespace,
            runtime_class: "kata".to_owned(),
            runner_image: PORTAL_IMAGE.to_owned(),
            tools_image: TOOLS_IMAGE.to_owned(),
            trial: Some(trial),
        }
    }

    /// What it is, in a line.
    pub fn told(&self) -> String {
        let what =
            if self.trial.is_some() { "a private one, containers under bubblewrap" } else { "a real one" };
        format!("{what}; runtime class {}", self.runtime_class)
    }

    /// A portal whose jobs run here. Limits for each visitor are raised, because all of this comes from one network.
    pub fn portal(&self, folder: &Path) -> Setup {
        let mut setup = Setup::new(folder, 1, 1, None);
        let kubeconfig = self.kubeconfig.display().to_string();
        let tools = format!("host-tools = {}", self.tools_image);
        for (key, value) in [
            ("PLAYGROUND__EXECUTOR", "kubernetes"),
            ("PLAYGROUND__KUBERNETES__KUBECONFIG", &kubeconfig),
            ("PLAYGROUND__KUBERNETES__NAMESPACE", &self.namespace),
            ("PLAYGROUND__KUBERNETES__RUNTIME_CLASS", &self.runtime_class),
            ("PLAYGROUND__KUBERNETES__RUNNER_IMAGE", &self.runner_image),
            ("PLAYGROUND__KUBERNETES__IMAGES", &tools),
            ("LIMITS__RUNS_PER_HOUR", "100000"),
            ("LIMITS__RUNS_PER_VISITOR", "1000"),
            ("LIMITS__RUNS_QUEUED", "1000"),
            ("LIMITS__RUNS_AT_ONCE", "40"),
            ("MAIL__URL", "folder:mail"),
        ] {
            let key = format!("REGATTA__{key}");
            setup.environment.retain(|(known, _)| *known != key);
            setup.environment.push((key, value.to_owned()));
        }
        setup
    }

    /// A client of the same API server, with the portal's own rights.
    pub async fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        Client::try_from(config).unwrap()
    }
}
