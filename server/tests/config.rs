//! Configuration: what wins, and what each error says.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::path::PathBuf;

use regatta::config::{Config, LogFormat, Mode, SecretKey};
use regatta_domain::ports::Entropy;
use regatta_playground::kubernetes::settings::{Access, NetworkWall};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regatta.toml");
    fs::write(&file, toml).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    // The file's place differs from run to run; the messages must not.
    Config::load(Some(&file), environment)
        .map_err(|errors| errors.to_string().replace(&file.display().to_string(), "regatta.toml"))
}

#[test]
fn without_anything_it_is_a_laptop() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.mode, Mode::Development);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.http.base_url, "http://127.0.0.1:3000");
    assert_eq!(config.data_dir, PathBuf::from("data"));
    assert_eq!(config.database_url.reveal(), "sqlite:data/regatta.db");
}

#[test]
fn the_environment_wins_over_the_file() {
    let toml = "data_dir = '/var/lib/regatta'\n[http]\nlisten = '127.0.0.1:4000'\n[limits]\nruns_at_once = 7";
    let config = load(toml, &[("REGATTA__HTTP__LISTEN", "127.0.0.1:5000"), ("OTHER", "x")]).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(config.limits.runs_at_once, 7);
    assert_eq!(config.database_url.reveal(), "sqlite:/var/lib/regatta/regatta.db");
}

#[test]
fn lists_are_lists_in_the_file_and_comma_separated_in_the_environment() {
    let toml = "[http]\ntrusted_proxies = ['10.0.0.0/8', '::1/128']";
    assert_eq!(load(toml, &[]).unwrap().http.trusted_proxies.len(), 2);
    let environment = [("REGATTA__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.0/24")];
    assert_eq!(load("", &environment).unwrap().http.trusted_proxies.len(), 2);
}

#[test]
fn every_mistake_is_told_at_once_with_key_value_and_mend() {
    let toml = "mode = 'prod'\nsecret_key = 'hunter2'\n[http]\nlisten = '3000'\nbase_url = 'example.org/x'\nlisen = 1\n\
                [limits]\nruns_at_once = 0\n[mail]\nurl = 'smtp//mail:secret@host'\nfrom = 'nobody'";
    let errors = load(toml, &[("REGATTA__PLAYGROUND__EXECUTOR", "docker")]).unwrap_err();
    insta::assert_snapshot!(errors);
    assert!(!errors.contains("hunter2") && !errors.contains("mail:secret"), "secrets must not be shown");
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let errors = load("mode = \n", &[]).unwrap_err();
    assert!(errors.contains("regatta.toml") && errors.contains("line 1"), "{errors}");
}

#[test]
fn secrets_come_from_files_too_and_are_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, format!("{KEY}\n")).unwrap();
    let config = load(&format!("secret_key_file = '{}'", file.display()), &[]).unwrap();
    assert_eq!(config.secret_key, Some(KEY.parse::<SecretKey>().unwrap()));
    let printed = format!("{config:?}");
    assert!(!printed.contains("0011") && !printed.contains("regatta.db"), "{printed}");
}

#[test]
fn giving_a_secret_twice_is_refused() {
    let errors = load(&format!("secret_key = '{KEY}'\nsecret_key_file = 'x'"), &[]).unwrap_err();
    assert!(errors.contains("either secret_key or secret_key_file"), "{errors}");
}

#[test]
fn production_refuses_what_is_only_fit_for_a_laptop() {
    insta::assert_snapshot!(load("mode = 'production'", &[]).unwrap_err());
}

#[test]
fn production_refuses_a_key_that_can_be_guessed() {
    let zeros = "0".repeat(64);
    let errors = load(&format!("secret_key = '{zeros}'"), &[]).unwrap_err();
    assert!(errors.contains("can be guessed"), "{errors}");
}

#[test]
fn production_runs_behind_a_proxy_with_real_mail() {
    let toml = "mode = 'production'\n[http]\nlisten = '0.0.0.0:3000'\nbase_url = 'https://cd.example.org/'\n\
                trusted_proxies = ['10.0.0.0/8']\n[mail]\nurl = 'smtps://user:pass@mail.example.org'\n\
                from = 'Regatta <portal@example.org>'";
    let config = load(toml, &[]).unwrap();
    assert_eq!(config.http.base_url, "https://cd.example.org");
    assert!(!format!("{config:?}").contains("pass"));
}

#[test]
fn several_portals_on_one_database_need_one_key() {
    let toml = "mode = 'production'\n[http]\nbase_url = 'https://cd.example.org'\n[database]\n\
                url = 'postgres://user:hunter2@db/regatta'\n[mail]\nurl = 'smtps://user:pass@mail.example.org'\n\
                from = 'Regatta <portal@example.org>'";
    let errors = load(toml, &[]).unwrap_err();
    assert!(errors.contains("secret_key") && !errors.contains("hunter2"), "{errors}");
    assert!(load(toml, &[("REGATTA__SECRET_KEY", KEY)]).unwrap().shares_its_database());
    assert!(!load("", &[]).unwrap().shares_its_database());
}

#[test]
fn mail_is_sent_as_fast_and_signed_as_configured() {
    let plain = load("", &[]).unwrap();
    assert_eq!((plain.mail.connections, plain.mail.rates.per_minute), (4, None));
    assert!(plain.mail.dkim.is_none() && plain.mail.bounces.is_none());
    assert_eq!(plain.settle.as_secs(), 600);
    let toml = "[registration]\nsettle_minutes = 0\n[mail]\nper_minute = 60\nper_domain_per_minute = 10\n\
                bounces = 'bounces@example.org'\n[mail.dkim]\ndomain = 'Example.org'\nselector = 's1'\nkey = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='";
    let config = load(toml, &[("REGATTA__MAIL__CONNECTIONS", "2")]).unwrap();
    assert_eq!((config.mail.connections, config.settle.as_secs()), (2, 0));
    assert_eq!((config.mail.rates.per_minute, config.mail.rates.per_domain), (Some(60), Some(10)));
    assert_eq!(config.mail.dkim.as_ref().unwrap().domain, "example.org");
    assert!(!format!("{config:?}").contains("AAECAwQF"), "secrets must not be shown");
}

#[test]
fn half_a_signature_is_none() {
    for toml in [
        "[mail.dkim]\ndomain = 'example.org'",
        "[mail.dkim]\ndomain = 'example.org'\nselector = 's1'",
        "[mail.dkim]\nkey = 'hunter2'",
    ] {
        let errors = load(toml, &[]).unwrap_err();
        assert!(errors.contains("or none of them") && !errors.contains("hunter2"), "{errors}");
    }
    for (toml, words) in [
        ("[mail]\nbounces = 'nobody'", "bounces@example.org"),
        ("[mail]\nper_minute = 0", "above 0"),
        ("[mail]\nconnections = 0", "above 0"),
        ("[mail.dkim]\ndomain = 'a b'\nselector = 's'\nkey = 'k'", "a name in the DNS"),
        ("[mail.dkim]\ndomain = 'a.org'\nselector = 's'\nkey = 'hunter2'", "mail.dkim.key = (secret)"),
        ("[mail]\nbounces = 'a+b@example.org'", "leave out the +"),
        ("[registration]\nsettle_minutes = 2000", "from 0 to 1440"),
        ("[limits]\nfollows_per_hour = -1", "above 0"),
    ] {
        let errors = load(toml, &[]).unwrap_err();
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn development_stays_on_this_machine() {
    let errors = load("[http]\nlisten = '0.0.0.0:3000'", &[]).unwrap_err();
    assert!(errors.contains("http.listen") && errors.contains("127.0.0.1"), "{errors}");
}

#[test]
fn a_key_is_made_once_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;

    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            (0u8..).zip(bytes).for_each(|(n, byte)| *byte = n);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let first = SecretKey::keep(folder.path(), &Counting).unwrap();
    assert_eq!(SecretKey::keep(folder.path(), &Counting).unwrap(), first);
    let mode = fs::metadata(folder.path().join("secret_key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn operators_have_a_listener_of_their_own_where_they_ask_for_one() {
    assert_eq!(load("", &[]).unwrap().http.admin_listen, None);
    let given = load("[http]\nadmin_listen = '127.0.0.1:9090'\ndrain_seconds = 5", &[]).unwrap().http;
    assert_eq!(given.admin_listen.unwrap().port(), 9090);
    assert_eq!(given.drain.as_secs(), 5);
    for (wrong, words) in [
        ("admin_listen = '0.0.0.0:9090'", "for them alone"),
        ("admin_listen = '127.0.0.1:3000'", "another port"),
        ("admin_listen = '9090'", "such as 127.0.0.1:9090"),
        ("drain_seconds = 301", "from 0 to 300"),
    ] {
        let errors = load(&format!("[http]\n{wrong}"), &[]).unwrap_err();
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn what_the_portal_tells_of_itself_is_checked_before_it_is_needed() {
    let quiet = load("", &[]).unwrap();
    assert_eq!((quiet.logs.format, quiet.telemetry.otlp_endpoint), (LogFormat::Text, None));
    let told = load(
        "[logs]\nformat = 'json'\nfilter = 'regatta=debug'\n[telemetry]\notlp_endpoint = 'http://otel:4318'\n\
         service_name = 'portal-eu'\nsample_ratio = 0.25",
        &[],
    )
    .unwrap();
    assert_eq!((told.logs.format, told.logs.filter.as_str()), (LogFormat::Json, "regatta=debug"));
    assert_eq!(told.telemetry.otlp_endpoint.as_deref(), Some("http://otel:4318/v1/traces"));
    assert_eq!((told.telemetry.service_name.as_str(), told.telemetry.sample_ratio), ("portal-eu", 0.25));
    for (wrong, words) in [
        ("[logs]\nformat = 'xml'", "text, json"),
        ("[logs]\nfilter = 'regatta=loud'", "directives such as"),
        ("[telemetry]\notlp_endpoint = 'otel:4318'", "http://127.0.0.1:4318"),
        ("[telemetry]\nsample_ratio = 2", "from 0 (none) to 1"),
        ("[telemetry]\nservice_name = 'a b'", "at most 64"),
    ] {
        let errors = load(wrong, &[]).unwrap_err();
        assert!(errors.contains(words), "{errors}");
    }
}

const PINNED: &str =
    "registry.example/regatta@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn clustered(more: &str) -> String {
    format!(
        "[playground]\nexecutor = 'kubernetes'\n[playground.kubernetes]\nrunner_image = '{PINNED}'\n\
         images = ['host-tools = {PINNED}']\n{more}"
    )
}

#[test]
fn a_cluster_needs_two_images_and_has_strict_defaults() {
    let cluster = load(&clustered(""), &[]).unwrap().playground.cluster.unwrap();
    assert_eq!(cluster.access, Access::Auto);
    assert_eq!(cluster.namespace, "regatta-playground");
    assert_eq!(cluster.runtime_class.as_deref(), Some("kata"));
    assert!(!cluster.shared_kernel && cluster.network == NetworkWall::Policy);
    assert_eq!((cluster.cpu_limit_millis, cluster.cpu_request_millis), (1000, 250));
    assert_eq!((cluster.memory_request_bytes, cluster.ephemeral_storage_bytes), (256 << 20, 256 << 20));
    assert_eq!(cluster.setup_time.as_secs(), 180);
    assert_eq!(cluster.images.keys().collect::<Vec<_>>(), ["host-tools"]);
    assert!(load("", &[]).unwrap().playground.cluster.is_none(), "nobody asked for one");
}

#[test]
fn what_is_said_of_a_cluster_is_heeded() {
    let more = "kubeconfig = '/etc/regatta/kubeconfig'\ncontext = 'sea'\nnamespace = 'jobs'\nruntime_class = 'gvisor'\n\
                network = 'runner'\ncpu_limit = '1.5'\ncpu_request = '300m'\nmemory_request_mib = 128\n\
                node_selector = ['pool=playground']\ntolerations = ['playground=true:NoSchedule']\npriority_class = 'low'\n\
                user_namespaces = true\nsetup_seconds = 60\ninstance = 'blue'";
    let cluster = load(&clustered(more), &[]).unwrap().playground.cluster.unwrap();
    let (path, context) = ("/etc/regatta/kubeconfig".into(), Some("sea".to_owned()));
    assert_eq!(cluster.access, Access::Kubeconfig { path, context });
    assert_eq!((cluster.namespace.as_str(), cluster.runtime_class.as_deref()), ("jobs", Some("gvisor")));
    assert_eq!(cluster.network, NetworkWall::Runner);
    assert_eq!((cluster.cpu_limit_millis, cluster.cpu_request_millis), (1500, 300));
    assert_eq!(cluster.memory_request_bytes, 128 << 20);
    assert_eq!(cluster.node_selector["pool"], "playground");
    assert_eq!(cluster.tolerations[0].effect.as_deref(), Some("NoSchedule"));
    assert_eq!((cluster.priority_class.as_deref(), cluster.instance.as_deref()), (Some("low"), Some("blue")));
    assert!(cluster.user_namespaces && cluster.setup_time.as_secs() == 60);
}

#[test]
fn each_mistake_about_a_cluster_is_told_with_its_mend() {
    let toml = "[playground]\nexecutor = 'kubernetes'\n[playground.kubernetes]\nrunner_image = 'registry.example/regatta:1'\n\
                images = ['host-tools']\ncontext = 'sea'\nnamespace = 'Jobs_1'\nruntime_class = 'Kata'\nshared_kernel = 'maybe'\n\
                network = 'none'\ncpu_limit = '1,5'\ncpu_request = '0'\nmemory_request_mib = -1\nephemeral_storage_mib = 0\n\
                node_selector = ['pool']\ntolerations = ['playground:Never']\npriority_class = '-'\nuser_namespaces = 1\n\
                service_account = 'a b'\nsetup_seconds = 0\ninstance = ''\nruntime = 'kata'";
    insta::assert_snapshot!(load(toml, &[]).unwrap_err());
}

#[test]
fn the_nodes_own_kernel_is_shared_only_where_somebody_says_so() {
    let refused = load(&clustered("runtime_class = 'default'"), &[]).unwrap_err();
    assert!(refused.contains("shared_kernel = true"), "{refused}");
    let agreed = load(&clustered("runtime_class = 'default'\nshared_kernel = true"), &[]).unwrap();
    assert_eq!(agreed.playground.cluster.unwrap().runtime_class, None);
}
