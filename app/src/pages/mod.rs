//! One page each: what it shows as a plain struct, and the function that renders the whole document.

pub mod ambassador;
pub mod ambassadors;
pub mod demo_embed;
pub mod dev_mail;
pub mod dev_mail_samples;
pub mod editor;
pub mod erase;
pub mod error;
pub mod event;
pub mod events;
pub mod feedback;
pub mod follow;
pub mod health;
pub mod home;
pub mod playground;
pub mod post;
pub mod posts;
pub mod registered;
pub mod registration;
pub mod run;
pub mod run_embed;
pub mod run_lines;
pub mod series;
pub mod showcase;
pub mod standing;
pub mod ticket;
