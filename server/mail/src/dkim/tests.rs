//! Signatures are verified here by other means than those that made them, and that verifier is shown to be right with the
//! example of RFC 8463 appendix A. The keys in `keys/` were made for these tests and sign nothing else.

use data_encoding::BASE64;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use super::*;

/// RFC 8463 appendix A.
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const SIGNED_BY_THE_STANDARD: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
";

const MAIL: &str = "Message-ID: <a@example.org>
Date: Tue, 01 Sep 2026 12:00:00 +0000
From: Regatta <regatta@example.org>
To: ada@example.org
Subject: =?utf-8?b?5oKo5bey5oql5ZCN?=
 and  more
Reply-To: crew@example.org
Auto-Submitted: auto-generated
List-Id: Regatta <meetups.example.org>
List-Unsubscribe: <https://regatta.example.org/follow/stop/token>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hello  Ada, \t
\t it is tomorrow.

";

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Whether a public key fits a signature of what it covers.
type Fits<'a> = &'a dyn Fn(&[u8], &[u8]) -> bool;

fn by_ed25519(covered: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, BASE64.decode(PUBLIC.as_bytes()).unwrap());
    key.verify(&Sha256::digest(covered), signature).is_ok()
}

fn by_rsa(covered: &[u8], signature: &[u8]) -> bool {
    let lines = include_str!("keys/rsa.public.pem").lines().filter(|line| !line.starts_with('-'));
    let der = BASE64.decode(lines.collect::<String>().as_bytes()).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(covered, signature).is_ok()
}

/// White space in its relaxed form; what stands before the first word only where it is kept.
fn squeezed(text: &str) -> String {
    let mut text = text.replace(['\t', '\r', '\n'], " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    text.trim_end().to_owned()
}

/// Verifies the first signature of `message`; says what does not fit.
fn verify(message: &str, fits: Fits<'_>) -> Result<(), &'static str> {
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut fields: Vec<(String, String)> = unfolded
        .lines()
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.trim().to_lowercase(), squeezed(value).trim().to_owned()))
        .collect();
    let at = fields.iter().position(|(name, _)| name == "dkim-signature").ok_or("unsigned")?;
    let (_, own) = fields.remove(at);
    let value_of = |wanted: &str| {
        let tags = own.split(';').filter_map(|tag| tag.split_once('='));
        let value = tags.into_iter().find(|(name, _)| name.trim() == wanted).unwrap().1;
        value.replace(' ', "")
    };
    let lines: Vec<String> = body.split("\r\n").map(squeezed).collect();
    let body = format!("{}\r\n", lines.join("\r\n").trim_end_matches("\r\n"));
    if BASE64.encode(&Sha256::digest(body)) != value_of("bh") {
        return Err("the body");
    }
    let mut covered = String::new();
    for name in value_of("h").split(':') {
        if let Some(at) = fields.iter().rposition(|(found, _)| found == name) {
            let (name, value) = fields.remove(at);
            covered.extend([name.as_str(), ":", &value, "\r\n"]);
        }
    }
    let unsigned = &own[..own.rfind("b=").unwrap() + 2];
    covered.extend(["dkim-signature:", unsigned]);
    let signature = BASE64.decode(value_of("b").as_bytes()).unwrap();
    if fits(covered.as_bytes(), &signature) { Ok(()) } else { Err("the head") }
}

fn key(private_key: &str) -> DkimKey {
    DkimKey {
        domain: "example.org".to_owned(),
        selector: "regatta2026".to_owned(),
        private_key: private_key.to_owned(),
    }
}

fn signed(private_key: &str) -> String {
    let signer = DkimSigner::new(&key(private_key)).unwrap();
    let mail = signer.sign(crlf(MAIL).as_bytes(), Timestamp::from_second(1_788_264_000).unwrap());
    String::from_utf8(mail.unwrap()).unwrap()
}

#[test]
fn the_verifier_of_these_tests_agrees_with_the_standard() {
    let message = crlf(SIGNED_BY_THE_STANDARD);
    assert_eq!(verify(&message, &by_ed25519), Ok(()));
    assert_eq!(verify(&message.replace("hungry", "thirsty"), &by_ed25519), Err("the body"));
    assert_eq!(verify(&message.replace("dinner", "lunch"), &by_ed25519), Err("the head"));
}

#[test]
fn keys_of_every_form_sign() {
    assert_eq!(verify(&signed(SEED), &by_ed25519), Ok(()));
    for pem in [include_str!("keys/rsa.pkcs1.pem"), include_str!("keys/rsa.pkcs8.pem")] {
        assert_eq!(verify(&signed(pem), &by_rsa), Ok(()));
    }
    let public = BASE64.decode(b"h1O6Y+KJ+jnyVhRjiSL3g/JJqVB8vKjSfA2cTmN5nPI=").unwrap();
    let by_pem = |covered: &[u8], signature: &[u8]| {
        UnparsedPublicKey::new(&ED25519, &public).verify(&Sha256::digest(covered), signature).is_ok()
    };
    assert_eq!(verify(&signed(include_str!("keys/ed25519.pem")), &by_pem), Ok(()));
}

#[test]
fn the_same_mail_is_signed_the_same() {
    assert_eq!(signed(SEED), signed(SEED));
    let rsa = include_str!("keys/rsa.pkcs8.pem");
    assert_eq!(signed(rsa), signed(rsa));
}

#[test]
fn the_signature_reads_as_it_should() {
    let signed = signed(SEED);
    let (field, message) = signed.split_at(signed.len() - crlf(MAIL).len());
    assert_eq!(message, crlf(MAIL));
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
    insta::assert_snapshot!(field.replace("\r\n", "\n"));
}

#[test]
fn what_relays_do_to_white_space_does_no_harm_and_everything_else_does() {
    let signed = signed(SEED);
    for (from, to) in [
        ("Hello  Ada, \t\r\n", "Hello Ada,\r\n"),
        ("Subject: =?", "SUBJECT:  =?"),
        (" and  more", "\tand more"),
    ] {
        assert!(signed.contains(from));
        assert_eq!(verify(&signed.replacen(from, to, 1), &by_ed25519), Ok(()), "{to:?}");
    }
    for (from, to) in [
        ("Hello", "Goodbye"),
        ("<ada@", "<eve@"),
        ("To: ada", "To: eve"),
        ("follow/stop/token", "follow/stop/other"),
        ("=One-Click", "=No"),
        ("crew@", "crooks@"),
        ("To: ada", "From: eve@example.org\r\nTo: ada"),
        ("To: ada", "Subject: another\r\nTo: ada"),
    ] {
        let forged = signed.replacen(from, to, 1);
        assert_eq!(verify(&forged, &by_ed25519).is_err(), forged != signed, "{to:?}");
    }
    let unlisted = signed.replacen("Reply-To: crew@example.org\r\n", "", 1);
    assert!(verify(&unlisted, &by_ed25519).is_err());
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    use DkimKeyError as E;
    let error = |text: &str| DkimSigner::new(&key(text)).unwrap_err();
    assert_eq!(error(""), E::Form);
    assert_eq!(error("not base64!"), E::Form);
    assert_eq!(error("c2hvcnQ="), E::Form);
    assert_eq!(error("-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----"), E::Form);
    assert_eq!(error(include_str!("keys/rsa.public.pem")), E::Public);
    assert_eq!(error(include_str!("keys/encrypted.pem")), E::Encrypted);
    assert_eq!(error(include_str!("keys/ec.pkcs8.pem")), E::Kind);
    assert!(matches!(error(include_str!("keys/short.pem")), E::Rsa(_)));
    let named = |domain: &str, selector: &str| {
        let key = DkimKey { domain: domain.to_owned(), selector: selector.to_owned(), ..key(SEED) };
        DkimSigner::new(&key).map(|signer| signer.record_name())
    };
    assert_eq!(named("Example.org", "s1").unwrap(), "s1._domainkey.example.org");
    for bad in ["", "a b", "x;y", "-a.org", "a..b", "a\r\nb"] {
        assert_eq!(named(bad, "s1").unwrap_err(), E::Domain, "{bad:?}");
        assert_eq!(named("example.org", bad).unwrap_err(), E::Selector, "{bad:?}");
    }
}

#[test]
fn no_key_is_ever_shown() {
    let key = key(SEED);
    let shown = format!("{key:?} {:?}", DkimSigner::new(&key).unwrap());
    assert!(!shown.contains("nWGx"), "{shown}");
}
