//! The portal through its front door: requests in, pages and mails out, on a real database in a folder of its own.

mod findings;
mod playground;
mod registration;
mod support;
mod website;
