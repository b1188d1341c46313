//! The program as an operator meets it: its commands, what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_regatta");

fn regatta(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env("REGATTA__DATA_DIR", folder.join("data"));
    command
}

fn check(folder: &Path) -> Output {
    regatta(folder, &["check"]).output().unwrap()
}

/// A program that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn content(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join("content").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

#[test]
fn help_names_the_commands() {
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("serve") && text.contains("check"), "{text}");
}

#[test]
fn the_content_of_this_repository_has_no_problems() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let checked = Command::new(PROGRAM).arg("check").current_dir(root).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn check_tells_file_line_column_and_what_to_do() {
    let folder = content(&[
        ("site.yaml", "name: A site\ntagline: T\ndescription: D\n"),
        ("events/broken.md", "---\nid: broken\ntitle: Broken\nsumary: x\ndate: 2026-02-31\n---\nText.\n"),
        ("pipelines/broken.yaml", "jobs:\n  main:\n    imag: host-tools\n"),
    ]);
    let checked = check(folder.path());
    assert_eq!(checked.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(checked.stdout).unwrap());
}

#[test]
fn check_tells_a_wrong_configuration() {
    let folder = content(&[("site.yaml", "name: A site\ntagline: T\ndescription: D\n")]);
    fs::write(folder.path().join("regatta.toml"), "[http]\nlisten = 'everywhere'\n").unwrap();
    let checked = check(folder.path());
    assert_eq!(checked.status.code(), Some(1));
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("http.listen = \"everywhere\" (regatta.toml)"), "{text}");
}

#[test]
fn serve_says_where_everything_is_and_ends_when_told_to() {
    let folder = content(&[("site.yaml", "name: A site\ntagline: T\ndescription: D\n")]);
    let program = regatta(folder.path(), &["serve"])
        .env("REGATTA__HTTP__LISTEN", "127.0.0.1:0")
        .env("REGATTA__PLAYGROUND__EXECUTOR", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut program = Running(program);
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let address = first.strip_prefix("Regatta listens on http://").expect("where it listens").to_owned();
    let greeting: Vec<String> = lines.by_ref().take(5).collect();
    for wanted in ["content", "data", "/dev/mail", "switched the playground off"] {
        assert!(greeting.iter().any(|line| line.contains(wanted)), "{wanted}: {greeting:?}");
    }

    let mut connection = TcpStream::connect(&address).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("alive\n"), "{answer}");

    let killed = Command::new("kill").args(["-TERM", &program.0.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(program.0.wait().unwrap().code(), Some(0), "told to stop, it ends in order");
}

#[test]
fn serve_says_what_keeps_it_from_starting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = content(&[]);
    let address = taken.local_addr().unwrap().to_string();
    let ended = regatta(folder.path(), &["serve"]).env("REGATTA__HTTP__LISTEN", &address).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains("http.listen") && told.contains(&address), "{told}");

    let postgres = regatta(folder.path(), &["serve"])
        .env("REGATTA__HTTP__LISTEN", "127.0.0.1:0")
        .env("REGATTA__DATABASE__URL", "postgres://user:hunter2@db/regatta")
        .output()
        .unwrap();
    let told = String::from_utf8(postgres.stderr).unwrap();
    assert!(told.contains("SQLite") && !told.contains("hunter2"), "{told}");
}
