//! The desk from outside: a real store, a clock moved by hand, and the mail read as it would be sent.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

/// Makes a test of each function for each engine.
macro_rules! on_each_engine {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::harbour::Engine::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::harbour::Engine::Postgres).await;
            })+
        }
    };
}

mod afterwards;
mod calendars;
mod change;
mod following;
mod harbour;
mod histories;
mod interruption;
mod late_mail;
mod letters;
mod news;
mod organizers;
mod own;
mod personal;
mod published;
mod race;
mod register;
mod reminding;
mod retention;
mod rounds;
mod rules;
mod series;
mod waitlist;
