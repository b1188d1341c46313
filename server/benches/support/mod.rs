//! What the registration benches share: a portal of their own, a client, a mail server, a database.
#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod figures;
pub mod mail_server;
pub mod portal;
pub mod web;
